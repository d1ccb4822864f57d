"""`manage.py sync_cassandra`: what `migrate` is for a relational database."""

from typing import Any

from django.core.management import BaseCommand

from ... import schema


class Command(BaseCommand):
    """Creates the missing tables, indexes and views."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        schema.sync()
        self.stdout.write("The schema is up to date.")
