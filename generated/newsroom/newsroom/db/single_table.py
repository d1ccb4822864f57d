"""Several classes in one table: coodie's single-table inheritance, with the table of them all."""

from functools import cache

import coodie.schema
from coodie.schema import ColumnDefinition, _build_subclass_map, _resolve_polymorphic_base, build_schema

from .documents import Document

# coodie searches sys.path three times with each query for a module that is new in Python 3.14.
coodie.schema._own_annotations = cache(coodie.schema._own_annotations)


class SharedTable(Document):
    """A document whose subclasses share its table, which has the columns of them all."""

    @classmethod
    def _schema(cls) -> list[ColumnDefinition]:
        # coodie creates a subclass with its parent's columns only, and calls those of its siblings drift.
        base = _resolve_polymorphic_base(cls) or cls
        models = [base, *_build_subclass_map(base).values()]
        return list({column.name: column for model in models for column in build_schema(model)}.values())
