"""What a study is: checked, and planned as runs whose keys say all that decides them."""
