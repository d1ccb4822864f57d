"""What the tracker does for its API and pages; runs, events, people and statements have a module each."""

from .events import add_events, list_events
from .people import create_user, list_notifications, list_users, mark_read
from .runs import create_run, get_run, list_runs, move_run
from .statements import get_statements

__all__ = [
    "add_events",
    "create_run",
    "create_user",
    "get_run",
    "get_statements",
    "list_events",
    "list_notifications",
    "list_runs",
    "list_users",
    "mark_read",
    "move_run",
]
