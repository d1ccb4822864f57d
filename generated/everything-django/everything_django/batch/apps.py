"""Dimension-8: The Cargo Rift, as a Django app."""

from django.apps import AppConfig


class BatchConfig(AppConfig):
    """Cargo by the hundred thousand, in batches that fit."""

    name = "everything_django.batch"
    label = "batch"
    verbose_name = "Dimension-8: The Cargo Rift"
