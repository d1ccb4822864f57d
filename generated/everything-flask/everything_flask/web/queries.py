"""Base classes of what a query string holds."""

from functools import cache
from typing import Annotated, Any

from pydantic import Field

from .schemas import Schema


class Query(Schema):
    """The parameters of a query string."""

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> dict[str, Any]:
        """Describe the parameters, once: Flask-OpenAPI3 asks with every request, and it takes longer than the rest."""
        return _describe(cls, *args, **options)


class ListQuery(Query):
    """How much of a list to return."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50


@cache
def _describe(query: type[Query], *args: Any, **options: Any) -> dict[str, Any]:
    return super(Query, query).model_json_schema(*args, **options)
