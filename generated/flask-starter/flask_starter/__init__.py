"""flask_starter: coodie on Flask."""
