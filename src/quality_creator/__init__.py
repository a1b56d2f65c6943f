"""Live factory broadcasts that anyone can check."""

__version__ = "0.1.0"
