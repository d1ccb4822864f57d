"""everything_django: coodie on Django."""
