"""Base classes of what a query string holds."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, model_validator

from .schemas import Schema


class Query(Schema):
    """The parameters of a query string."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, data: Any, info: ValidationInfo) -> Any:
        """Give back the parameters that ninja leaves out, so that they are refused like everywhere else."""
        request = (info.context or {}).get("request")
        if request is None:  # a form or a record of a feed, which may be anything
            return data
        known = {field.alias or name for name, field in cls.model_fields.items()}
        return {**data, **dict.fromkeys(set(request.GET) - known)}


class ListQuery(Query):
    """How much of a list to return."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
