"""lwt_user_registry: coodie on FastAPI."""
