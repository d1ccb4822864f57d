"""Notes what servers and seeds of a rendered project send to its database, if this folder is in their PYTHONPATH.

A line of JSON in the file that STATEMENTS names for each statement that is sent, and one for each page of rows that
comes back. Other programs that Python runs, such as a project's tests, are left alone.
"""

import json
import os
import sys
from itertools import count
from typing import Any

PROGRAMS = {"main.py", "manage.py", "seed.py"}


def watch_sessions(path: str) -> None:
    """Let each session that is opened from now on note its statements."""
    from cassandra.cluster import Session

    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    numbers = count()
    init = Session.__init__

    def write(**line: object) -> None:
        os.write(file, json.dumps(line).encode() + b"\n")

    def note(future: Any) -> None:
        query = future.query
        cql = getattr(getattr(query, "prepared_statement", query), "query_string", "BATCH")
        name = f"{os.getpid()}-{next(numbers)}"
        write(sent=name, cql=cql)
        future.add_callbacks(
            lambda rows: write(answered=name, rows=len(rows or ())), lambda _: write(answered=name, rows=0)
        )

    def watched_init(session: Session, *args: Any, **options: Any) -> None:
        init(session, *args, **options)
        session.add_request_init_listener(note)

    Session.__init__ = watched_init


if os.environ.get("STATEMENTS") and any(os.path.basename(part) in PROGRAMS for part in sys.orig_argv[1:2]):
    watch_sessions(os.environ["STATEMENTS"])
