"""argus_tracker: coodie on Flask."""
