"""Dimension-3: Station Argos, as a Django app."""

from django.apps import AppConfig


class TimeseriesConfig(AppConfig):
    """Every reading of every sensor, one partition a day."""

    name = "everything_django.timeseries"
    label = "timeseries"
    verbose_name = "Dimension-3: Station Argos"
