"""identity_service: coodie on Flask."""
