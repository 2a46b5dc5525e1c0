"""mtlab: a command-line laboratory for multi-task learning on small images."""

from mtlab.api import load, runs, sweep, train

__all__ = ["__version__", "load", "runs", "sweep", "train"]
__version__ = "0.1.0"
