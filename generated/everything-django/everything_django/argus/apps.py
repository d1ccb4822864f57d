"""Dimension-1: The Hundred-Eyed Tracker, as a Django app."""

from django.apps import AppConfig


class ArgusConfig(AppConfig):
    """Every test run, its events and who has to know."""

    name = "everything_django.argus"
    label = "argus"
    verbose_name = "Dimension-1: The Hundred-Eyed Tracker"
