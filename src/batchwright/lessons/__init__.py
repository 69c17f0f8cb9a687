"""The phenomena of mini-batch training, one module each: claim, experiment, numbers, verdict, picture.

A lesson stands on the front door, as a reader's own experiment would. It returns data; ``report`` puts them
into words and pictures.
"""
