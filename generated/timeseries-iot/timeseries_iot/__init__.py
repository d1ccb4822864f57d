"""timeseries_iot: coodie on FastAPI."""
