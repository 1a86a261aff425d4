"""Choosing pixels and images by their confidence."""
