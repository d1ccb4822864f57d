"""Dimension-6: Identity Wars, as a Django app."""

from django.apps import AppConfig


class LwtConfig(AppConfig):
    """One name, one hero, however many clones try."""

    name = "everything_django.lwt"
    label = "lwt"
    verbose_name = "Dimension-6: Identity Wars"
