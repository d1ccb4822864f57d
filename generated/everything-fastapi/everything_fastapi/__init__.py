"""everything_fastapi: coodie on FastAPI."""
