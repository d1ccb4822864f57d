"""ttl_sessions: coodie on FastAPI."""

__version__ = "0.1.0"
