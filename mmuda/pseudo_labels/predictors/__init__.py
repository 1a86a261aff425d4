"""What makes class probabilities of an image."""
