"""realtime_counters: coodie on FastAPI."""

__version__ = "0.1.0"
