"""What an answer is worth: measured on the declared problem, beside proofs, references and floors."""
