"""everything_flask: coodie on Flask."""

__version__ = "0.1.0"
