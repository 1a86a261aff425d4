"""Listing and reading the files of data sets."""
