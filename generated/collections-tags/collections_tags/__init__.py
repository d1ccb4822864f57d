"""collections_tags: coodie on FastAPI."""
