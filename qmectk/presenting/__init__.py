"""What results look like: the same page printed by the command line, by ``print`` and in a notebook."""
