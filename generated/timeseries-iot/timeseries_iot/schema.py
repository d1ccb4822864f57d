"""The tables and views of every feature, and the command that creates those that are missing."""

import asyncio

from cassandra import DriverException
from cassandra.cluster import NoHostAvailable
from cassandra.protocol import ErrorMessage

from .config import fail, get_settings
from .db import connection
from .db.documents import Model, sync_schema
from .errors import DatabaseUnavailable
from .timeseries import models as timeseries_models

MODELS: list[Model] = [
    *timeseries_models.MODELS,
]


def sync() -> None:
    """Wait for the database and bring its schema up to date; a command, so that not every worker does it."""
    try:
        connection.open_connection(wait=get_settings().connect_wait)
        asyncio.run(sync_schema(MODELS))
    except DatabaseUnavailable as error:
        fail(str(error))
    except (DriverException, NoHostAvailable, ErrorMessage) as error:
        fail(f"The database could not bring the schema up to date: {error}")


if __name__ == "__main__":
    sync()
