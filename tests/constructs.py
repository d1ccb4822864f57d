"""The constructs of CQL that statements consist of; docs/engines.md says which version of ScyllaDB takes each."""

import re
from collections.abc import Iterable

OTHERS = "ascii|bigint|blob|counter|duration|float|inet|smallint|time|tinyint|varchar|varint|vector"
"""The native types that projects do not use: in a collection, only they can be told from user-defined ones."""
SCHEMA = {
    "keyspace": r"USE \w+"
    r"|CREATE KEYSPACE IF NOT EXISTS \w+ WITH replication = {'class': 'NetworkTopologyStrategy'(, '[\w.-]+': \d+)+}",
    "table": r"(CREATE TABLE IF NOT EXISTS|ALTER TABLE) [\w.]+|ADD|PRIMARY KEY"
    r"|(WITH|AND) CLUSTERING ORDER BY \([^)]+\)",
    "native type": r'"\w+" (boolean|date|decimal|double|int|text|timestamp|timeuuid|uuid)',
    "collection or frozen value": rf'"\w+" (frozen|list|map|set)(?=<)(?![\w<>, ]*\b({OTHERS})\b)',
    "user-defined type": r"(CREATE TYPE IF NOT EXISTS|ALTER TYPE) [\w.]+",
    "default TTL": r"(WITH|AND) default_time_to_live = \d+",
    "compaction in time windows": r"(WITH|AND) compaction = {'class': 'TimeWindowCompactionStrategy'"
    r"(, 'compaction_window_\w+': '\w+')+}",
    "counter": r'"\w+" counter|BEGIN COUNTER BATCH',
    "secondary index": r"CREATE INDEX IF NOT EXISTS \w+ ON|CONTAINS",
    "materialized view": r"CREATE MATERIALIZED VIEW IF NOT EXISTS [\w.]+ AS|IS NOT NULL",
    "description of the tables": r"SELECT [\w, *]+ FROM system(_schema)?\.\w+( WHERE [\w =?%]+)?",
}
"""What bringing the tables up to date takes."""
ROWS = {
    "read or write": r"SELECT|AS|FROM|INSERT INTO|VALUES|UPDATE|SET|DELETE"
    r"|WHERE|IN|AND(?! [a-z_]+ = [\d'{])|ORDER BY|ASC|DESC|LIMIT",
    "part of each partition": r"PER PARTITION LIMIT|DISTINCT|GROUP BY",
    "aggregate": r"(AVG|COUNT|MAX|MIN|SUM)(?=\()",
    "token": r"(token|TOKEN)(?=\()",
    "change in place": r'("\w+") = \2 [+-]|("\w+") = \? \+ \3|"\w+"\[\?\]',
    "timestamp of the writer": r"USING TIMESTAMP",
    "TTL": r"USING TTL|TTL(?=\()",
    "lightweight transaction": r"IF NOT EXISTS|IF EXISTS|IF",
    "batch": r"(BEGIN|BEGIN UNLOGGED|APPLY) BATCH",
}
"""What requests take besides."""
NAME = r"""("\w+"|[a-z_]\w*)(?![\w(]|\s+["a-z_])|[\s,.;()=<>?*\[\]]+|\d+"""
"""A name, a marker or a mark. Projects write the words of CQL in capitals, and a function ends with a parenthesis."""

_PATTERNS = {
    **{construct: re.compile(f"({pattern})(?!\\w)") for construct, pattern in {**SCHEMA, **ROWS}.items()},
    NAME: re.compile(NAME),
}


def read(cql: str) -> tuple[set[str], str]:
    """Return the constructs that a statement consists of, and the rest of it from where another one begins."""
    found = set()
    while cql:
        for construct, pattern in _PATTERNS.items():
            if match := pattern.match(cql):
                found.add(construct)
                cql = cql[match.end() :]
                break
        else:
            break
    return found - {NAME}, cql


def constructs(statements: Iterable[str]) -> set[str]:
    """Return the constructs that statements consist of."""
    return set().union(*(read(cql)[0] for cql in statements))


def unknown(statements: Iterable[str]) -> list[str]:
    """Return the statements with a construct that the table does not have, which is where each rest begins."""
    return sorted(f"{rest} <- {cql}" for cql in set(statements) if (rest := read(cql)[1]))
