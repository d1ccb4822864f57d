"""newsroom: coodie on Django."""

__version__ = "0.1.0"
