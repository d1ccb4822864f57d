"""Base classes of what a query string holds."""

from typing import Annotated

from pydantic import Field

from .schemas import Schema


class Query(Schema):
    """The parameters of a query string."""


class ListQuery(Query):
    """How much of a list to return."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
