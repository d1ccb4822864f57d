"""HTML forms and query strings of the pages, checked by the same schemas as the JSON API."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ValidationError

from ..errors import Refused

S = TypeVar("S", bound=BaseModel)


@dataclass
class Form(Generic[S]):
    """A form as typed: `data` if its schema accepts it, otherwise `errors` by field; empty before it is sent."""

    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    data: S | None = None

    @classmethod
    def read(cls, schema: type[S], submitted: Mapping[str, object]) -> Self:
        """Check what was submitted; blank fields count as left out."""
        form = cls(_typed(schema, submitted))
        try:
            form.data = schema.model_validate(form.values)
        except ValidationError as error:
            for item in error.errors():
                name = str(item["loc"][0]) if item["loc"] else "form"
                form.errors[name] = item["msg"].removeprefix("Value error, ")
        return form


def read_query(schema: type[S], submitted: Mapping[str, object]) -> S:
    """Return a page's query string as its schema; Refused if it does not fit."""
    try:
        return schema.model_validate(_typed(schema, submitted))
    except ValidationError as error:
        raise Refused(error.errors()) from error


def _typed(schema: type[BaseModel], submitted: Mapping[str, object]) -> dict[str, str]:
    values = {name: submitted.get(name) for name in schema.model_fields}
    return {name: value for name, value in values.items() if isinstance(value, str) and value.strip()}
