"""What learned backends train on, the policies they leave, and who watches."""
