"""lwt_user_registry: coodie on FastAPI."""

__version__ = "0.1.0"
