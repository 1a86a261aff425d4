"""Looks at every file of the data of a config before a training does."""
