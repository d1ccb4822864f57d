"""newsroom: coodie on Django."""
