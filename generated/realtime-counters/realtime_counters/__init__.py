"""realtime_counters: coodie on FastAPI."""
