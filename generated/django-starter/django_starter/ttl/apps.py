"""Dimension-4: The Memory Thief, as a Django app."""

from django.apps import AppConfig


class TtlConfig(AppConfig):
    """Stolen memories that fade by themselves."""

    name = "django_starter.ttl"
    label = "ttl"
    verbose_name = "Dimension-4: The Memory Thief"
