"""django_starter: coodie on Django."""
