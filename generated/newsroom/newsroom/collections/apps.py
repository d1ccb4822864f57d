"""Dimension-5: The Tag Mind, as a Django app."""

from django.apps import AppConfig


class CollectionsConfig(AppConfig):
    """Articles whose tags many minds change at once."""

    name = "newsroom.collections"
    label = "collections"
    verbose_name = "Dimension-5: The Tag Mind"
