"""materialized_views: coodie on FastAPI."""
