"""What turns predictions into pseudo labels."""
