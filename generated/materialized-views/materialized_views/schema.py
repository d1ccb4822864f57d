"""The tables and views of every feature; `python -m materialized_views.schema` creates what is missing."""

import asyncio

from . import database
from .config import fail, get_settings
from .errors import DatabaseUnavailable
from .views import models as views_models

MODELS: list[database.Model] = [
    *views_models.MODELS,
]


def sync() -> None:
    """Wait for the database and bring its schema up to date; one command, never something each worker does."""
    try:
        database.open_connection(wait=get_settings().connect_wait)
    except DatabaseUnavailable as error:
        fail(str(error))
    asyncio.run(database.sync_schema(MODELS))


if __name__ == "__main__":
    sync()
