"""What people write to customers and colleagues, from the draft to the command."""
