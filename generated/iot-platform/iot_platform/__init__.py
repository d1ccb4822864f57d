"""iot_platform: coodie on FastAPI."""

__version__ = "0.1.0"
