"""Data sets made of other data sets: with views, of pseudo-labeled images, of some of the images."""
