"""timeseries_iot: coodie on FastAPI."""

__version__ = "0.1.0"
