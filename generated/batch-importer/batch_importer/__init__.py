"""batch_importer: coodie on FastAPI."""
