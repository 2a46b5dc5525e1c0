"""A command-line laboratory for multi-task learning on small images."""

__version__ = "0.1.0"
