"""The tables and views of every feature, and the command that creates those that are missing."""

import signal

if __name__ == "__main__":  # Ctrl-C ends the program without a word, while it starts too
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.protocol import ErrorMessage

from .config import fail, get_settings
from .counters import models as counters_models
from .db import connection
from .db.cluster import in_words
from .db.documents import Model, sync_schema
from .errors import DatabaseUnavailable, TablesDiffer
from .lwt import models as lwt_models
from .ttl import models as ttl_models

MODELS: list[Model] = [
    *ttl_models.MODELS,
    *lwt_models.MODELS,
    *counters_models.MODELS,
]


def sync() -> None:
    """Wait for the database and bring its schema up to date; a command, so that not every worker does it."""
    try:
        connection.open_connection(wait=get_settings().connect_wait)
        for change in sync_schema(MODELS):
            print(change)
    except DatabaseUnavailable as error:
        fail(str(error))
    except TablesDiffer as differ:
        fail("\n".join(["Some tables are not as this version expects; nothing was changed.", *differ.differences]))
    except (DriverException, NoHostAvailable, ErrorMessage) as error:
        fail(f"The database could not bring the schema up to date: {in_words(error)}.")


if __name__ == "__main__":
    sync()
