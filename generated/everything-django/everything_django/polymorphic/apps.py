"""Dimension-7: The Shapeshifter Press, as a Django app."""

from django.apps import AppConfig


class PolymorphicConfig(AppConfig):
    """Articles, videos and podcasts in one table, each its own class."""

    name = "everything_django.polymorphic"
    label = "polymorphic"
    verbose_name = "Dimension-7: The Shapeshifter Press"
