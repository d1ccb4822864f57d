"""Users and their notifications."""

from uuid import UUID, uuid4

from cassandra.util import uuid_from_time

from ..db.paging import Page
from ..db.tokens import after_token
from ..errors import NotFound
from .models import Notification, TestRun, User
from .schemas import NotificationList, NotificationOut, PersonCreate, PersonList


def create_user(data: PersonCreate) -> User:
    """Add a user."""
    return write_user(uuid4(), data)


def write_user(user_id: UUID, data: PersonCreate) -> User:
    """Write a user under an id, which may already exist."""
    user = User(id=user_id, **data.model_dump())
    user.save()
    return user


def list_users(query: PersonList) -> Page[User]:
    """Return users in the order of their ids' tokens, the only order that partitions have."""
    found = User.find().limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(id__token__gt=after_token(query.cursor.bytes))
    return Page.cut(found.all(), query.limit, lambda last: last.id)


def get_user(user_id: UUID) -> User:
    """Return a user; NotFound if there is none."""
    user = User.find_one(id=user_id)
    if user is None:
        raise NotFound({"error": "user_not_found"})
    return user


def notify_of_failure(run: TestRun) -> None:
    """Tell the assignee of a run that it has failed, unless that has been done.

    Its id follows from the run, so however often this is called, there is one notification.
    """
    if run.assignee is not None:
        notification = Notification(
            receiver=run.assignee,
            id=uuid_from_time(run.ended_at, node=run.id.int % 2**48, clock_seq=0),
            title=f"{run.test_name} failed on {run.release}",
            source=run.id,
        )
        # Saved again, one that has been read would be unread.
        if Notification.find_one(receiver=notification.receiver, id=notification.id) is None:
            notification.insert()


def list_notifications(user_id: UUID, query: NotificationList) -> Page[NotificationOut]:
    """Return a user's notifications, newest first; NotFound without such a user."""
    get_user(user_id)
    found = Notification.find(receiver=user_id).limit(query.limit + 1)
    if query.cursor is not None:
        found = found.filter(id__lt=query.cursor)
    notifications = [NotificationOut.model_validate(notification) for notification in found.all()]
    return Page.cut(notifications, query.limit, lambda last: last.id)


def mark_read(user_id: UUID, notification_id: UUID) -> NotificationOut:
    """Mark a notification as read, even if it already is; NotFound if there is none."""
    notification = Notification.find_one(receiver=user_id, id=notification_id)
    if notification is None:
        raise NotFound({"error": "notification_not_found"})
    # A transaction, as the row was written by one.
    notification.update(read=True, if_exists=True)
    return NotificationOut.model_validate(notification)
