"""iot_platform: coodie on FastAPI."""
