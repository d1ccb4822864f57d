"""Dimension-9: The Oracle's Mirror, as a Django app."""

from django.apps import AppConfig


class ViewsConfig(AppConfig):
    """One table, two mirrors that follow it."""

    name = "django_starter.views"
    label = "views"
    verbose_name = "Dimension-9: The Oracle's Mirror"
