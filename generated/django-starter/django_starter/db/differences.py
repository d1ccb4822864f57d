"""How the tables differ from what the models declare: what can be added to them, and what only people can decide."""

import logging
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

import coodie.sync
from coodie.cql_builder import qualified_name
from coodie.drivers import get_driver
from coodie.exceptions import CoodieError
from coodie.schema import ColumnDefinition
from coodie.types import _collection_fields
from coodie.usertype import extract_udt_classes

from ..config import SYNC
from ..errors import HANDLED, SYMPTOMS, TablesDiffer, UnreadableRow

log = logging.getLogger(__name__)

Rows = list[dict[str, Any]]
Declared = type[coodie.sync.Document]
"""A table or a view, as coodie knows it."""

MISSING = "it is missing"
COLUMNS = "table_name, column_name, kind, position, clustering_order, type"


@dataclass(frozen=True)
class Difference:
    """What a table lacks, or has otherwise than its model declares.

    If that can be added, `added` is what to say about it. coodie adds it, unless there is a `statement`: it would add a
    static column as a regular one.
    """

    table: str
    what: str
    added: str | None = None
    statement: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.what}"


class Existing:
    """The tables, views, types and indexes of a keyspace, as the database describes them."""

    def __init__(self, columns: Rows, views: Rows, types: Rows, indexes: Rows) -> None:
        self.columns: dict[str, dict[str, str]] = defaultdict(dict)
        for row in columns:
            self.columns[row["table_name"]][row["column_name"]] = _in_words(
                row["type"], row["kind"], row["position"], row["clustering_order"]
            )
        self.views = {row["view_name"]: row for row in views}
        self.types = {row["type_name"]: dict(zip(row["field_names"], row["field_types"], strict=True)) for row in types}
        self.indexes = {row["index_name"]: (row["table_name"], _target(row["options"])) for row in indexes}


def find_differences(models: list[Declared]) -> list[Difference]:
    """Compare tables and views with their models; tables, columns and indexes that no model names don't count."""

    def select(columns: str, table: str) -> Rows:
        return _describe(models[0], columns, table)

    existing = Existing(
        select(COLUMNS, "columns"),
        select("view_name, base_table_name, where_clause, include_all_columns", "views"),
        select("type_name, field_names, field_types", "types"),
        select("index_name, table_name, options", "indexes"),
    )
    # Classes may share a table.
    return list(dict.fromkeys(difference for model in models for difference in _compare(model, existing)))


def find_changes(models: list[Declared]) -> list[str]:
    """Say which options of existing tables are otherwise than their models declare."""
    existing = {row["table_name"]: row for row in _describe(models[0], "*", "tables")}
    changes = []
    for table, model in {model.table_name(): model for model in models}.items():
        for name, value in (model._get_table_options() or {}).items() if table in existing else ():
            if not _is_set(existing[table].get(name), value):
                changes.append(f"{table}: {name} was {existing[table].get(name)}, and is {value} now")
    return changes


def refuse(differences: list[Difference]) -> None:
    """Raise TablesDiffer if there is any difference."""
    if differences:
        tables = list(dict.fromkeys(difference.table for difference in differences))
        raise TablesDiffer(tables, [str(difference) for difference in differences])


def explain(error: Exception) -> Exception:
    """Return what is behind an error, and log it: TablesDiffer if the tables are not as they should be."""
    if isinstance(error, SYMPTOMS):
        try:
            refuse(find_differences(list(declared())))
        except TablesDiffer as differ:
            log.warning("%r", error)
            error = differ
        except HANDLED as failure:
            error = failure
        except CoodieError:
            pass  # there has never been a connection, so tables are not the reason
    if isinstance(error, (TablesDiffer, UnreadableRow)):
        log.warning("%s", error)
    return error


def check_tables(seconds: float) -> str:
    """Return which tables are missing, in words; if none is, read one."""
    models = list(declared())
    missing = [difference.table for difference in find_differences(models) if difference.what == MISSING]
    if not missing:
        read_one(models, seconds)
    return f"tables are missing: {', '.join(missing)}; run {SYNC}" if missing else ""


def read_one(models: list[Declared], seconds: float | None = None) -> None:
    """Read a table at the configured consistency: raises what the database raises if too few replicas answer."""
    table = next(model for model in models if not issubclass(model, coodie.sync.MaterializedView))
    key = ", ".join(f'"{column.name}"' for column in table._schema() if column.primary_key)
    # Hardly any partition has this token.
    name = qualified_name(table._get_keyspace(), table.table_name())
    cql = f"SELECT {key} FROM {name} WHERE token({key}) = 0 LIMIT 1"
    get_driver().execute(cql, [], timeout=seconds)


def _describe(model: Declared, columns: str, table: str) -> Rows:
    # Each node has its own description of the tables.
    cql = f"SELECT {columns} FROM system_schema.{table} WHERE keyspace_name = ?"
    rows: Rows = get_driver().execute(cql, [model._get_keyspace()], consistency="ONE")
    return rows


def declared(base: Declared = coodie.sync.Document) -> Iterator[Declared]:
    """Yield every table and view that the program declares."""
    for model in base.__subclasses__():
        if "Settings" in vars(model) and not getattr(model.Settings, "__abstract__", False):
            yield model
        yield from declared(model)


def _compare(model: Declared, existing: Existing) -> Iterator[Difference]:
    table, is_view = model.table_name(), issubclass(model, coodie.sync.MaterializedView)
    if table not in existing.columns:
        yield Difference(table, MISSING, "")
    elif is_view != (table in existing.views):
        yield Difference(table, _found("a table", "a view") if is_view else _found("a view", "a table"))
    else:
        yield from _compare_columns(model, table, existing)
        if issubclass(model, coodie.sync.MaterializedView):
            yield from _compare_view(model, existing.views[table])
        else:
            yield from _compare_indexes(model, table, existing)
    yield from _compare_types(model, table, existing)


def _compare_columns(model: Declared, table: str, existing: Existing) -> Iterator[Difference]:
    found, expected = existing.columns[table], dict(_declared_columns(model._schema()))
    counts = "counter" in found.values()
    for name in {**expected, **found}:
        if name not in expected:
            if " key " in found[name]:
                yield Difference(table, f"column {name}: {_found(found[name], 'no such column')}")
        elif name not in found:
            added, statement = None, ""
            if table in existing.views:
                if existing.views[table]["include_all_columns"]:  # it comes along with the column of its table
                    added = ""
            elif " key " not in expected[name] and (expected[name] == "counter") == counts:
                added = _added(model, name)
                cql_type, static, _ = expected[name].partition(", static")
                if static:
                    in_keyspace = qualified_name(model._get_keyspace(), table)
                    statement = f'ALTER TABLE {in_keyspace} ADD "{name}" {cql_type} STATIC'
            lacking = _found("no such column", expected[name])
            yield Difference(table, f"column {name}: {lacking}", added, statement)
        elif _comparable(found[name]) != _comparable(expected[name]):
            yield Difference(table, f"column {name}: {_found(found[name], expected[name])}")


def _compare_view(model: type[coodie.sync.MaterializedView], view: dict[str, Any]) -> Iterator[Difference]:
    table = model.table_name()
    if view["base_table_name"] != model._get_base_table():
        yield Difference(table, _found(f"a view of {view['base_table_name']}", f"one of {model._get_base_table()}"))
    found, expected = (text.replace('"', "") for text in (view["where_clause"], model._get_where_clause()))
    if set(found.split(" AND ")) != set(expected.split(" AND ")):
        yield Difference(table, f"its rows: {_found(found, expected)}")


def _compare_indexes(model: Declared, table: str, existing: Existing) -> Iterator[Difference]:
    for column in model._schema():
        name = column.index_name or f"{table}_{column.name}_idx"
        if not column.index or (table, column.name) in existing.indexes.values():
            continue
        if name in existing.indexes:
            where, indexed = existing.indexes[name]
            yield Difference(table, f"index {name}: {_found(f'{where}.{indexed}', f'{table}.{column.name}')}")
        else:
            yield Difference(table, f"index {name}: it is missing", "added")


def _compare_types(model: Declared, table: str, existing: Existing) -> Iterator[Difference]:
    for udt in extract_udt_classes(model):
        found, expected = existing.types.get(udt.type_name()), dict(udt._get_field_cql_types())
        if found is None:
            continue  # it is created with its table, or so is the column that has it
        unknown = ", ".join(found.keys() - expected.keys())
        for field, cql_type in expected.items():
            what = f"type {udt.type_name()}, field {field}"
            if field in found:
                if _comparable(found[field], frozen=True) != _comparable(cql_type, frozen=True):
                    yield Difference(table, f"{what}: {_found(found[field], cql_type)}")
            elif unknown:  # it looks renamed: to add it would hide what is stored under the other name
                yield Difference(table, f"{what}: {_found(unknown, field)}")
            else:
                lacking = _found("no such field", cql_type)
                yield Difference(table, f"{what}: {lacking}", "added; values written before have none")


def _declared_columns(columns: list[ColumnDefinition]) -> Iterator[tuple[str, str]]:
    partition = sorted((each for each in columns if each.primary_key), key=lambda key: key.partition_key_index)
    clustering = sorted((each for each in columns if each.clustering_key), key=lambda key: key.clustering_key_index)
    for column in columns:
        if column.primary_key:
            yield column.name, _in_words(column.cql_type, "partition_key", partition.index(column))
        elif column.clustering_key:
            position = clustering.index(column)
            yield column.name, _in_words(column.cql_type, "clustering", position, column.clustering_order)
        else:
            yield column.name, _in_words(column.cql_type, "static" if column.static else "regular")


def _in_words(cql_type: str, kind: str, position: int = 0, order: str = "") -> str:
    """Return what a column is, in words that differ where columns do."""
    match kind:
        case "partition_key":
            return f"{cql_type}, partition key {position + 1}"
        case "clustering":
            return f"{cql_type}, clustering key {position + 1} {order.upper()}"
        case "static":
            return f"{cql_type}, static"
    return cql_type


def _comparable(words: str, frozen: bool = False) -> tuple[bool, str]:
    """Return the same for two spellings of one type: what is inside a collection or a tuple is always frozen."""
    bare = re.sub(r'[\s">]|frozen<', "", words)
    return frozen or words.startswith("frozen<") or bare.startswith("tuple<"), bare


def _added(model: Declared, column: str) -> str:
    # In a shared table, it may be another class that has the column.
    sharing = [model, *(other for other in declared() if other.table_name() == model.table_name())]
    owner = next(each for each in sharing if column in each.model_fields)
    optional = type(None) in get_args(owner.model_fields[column].annotation) or column in _collection_fields(owner)
    return "added; rows written before have no value in it" + ("" if optional else ", and are left out until they do")


def _is_set(found: Any, value: Any) -> bool:
    """Compare an option; the database adds defaults to a map, and the package to a class."""
    if isinstance(value, dict):
        return all(str((found or {}).get(name, "")).endswith(str(each)) for name, each in value.items())
    return str(found) == str(value)


def _target(options: dict[str, str]) -> str:
    """Return the column that an index is on: its target may be `values(tags)`."""
    return re.sub(r'^\w+\(|[")]', "", options.get("target", ""))


def _found(found: str, expected: str) -> str:
    return f"found {found}, expected {expected}"
