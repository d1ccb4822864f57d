"""Base classes of what a query string holds."""

from typing import Annotated, Any

from pydantic import Field, ValidationInfo, model_validator

from .schemas import Schema


class Query(Schema):
    """The parameters of a query string."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_unknown(cls, data: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """Give back the parameters that ninja leaves out, so that they are refused like everywhere else."""
        request = (info.context or {}).get("request")
        known = {field.alias or name for name, field in cls.model_fields.items()}
        unknown = set(request.GET) - known if request else ()
        return {**data, **dict.fromkeys(unknown)}


class ListQuery(Query):
    """How much of a list to return."""

    limit: Annotated[int, Field(ge=1, le=500)] = 50
