"""polymorphic_cms: coodie on FastAPI."""
