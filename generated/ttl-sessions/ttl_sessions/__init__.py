"""ttl_sessions: coodie on FastAPI."""
