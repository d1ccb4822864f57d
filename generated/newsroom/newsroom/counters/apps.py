"""Dimension-2: The Tally Storm, as a Django app."""

from django.apps import AppConfig


class CountersConfig(AppConfig):
    """Every view and vote counted, however many at once."""

    name = "newsroom.counters"
    label = "counters"
    verbose_name = "Dimension-2: The Tally Storm"
