"""everything_flask: coodie on Flask."""
