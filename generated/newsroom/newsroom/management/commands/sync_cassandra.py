"""`manage.py sync_cassandra`: what `migrate` is for a relational database."""

import signal
from typing import Any

from django.core.management import BaseCommand

from ... import schema


class Command(BaseCommand):
    """Creates the missing tables, indexes and views."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        schema.sync()
        self.stdout.write("The schema is up to date.")
