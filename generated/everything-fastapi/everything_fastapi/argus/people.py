"""Users, and what they are told."""

from uuid import UUID, uuid1, uuid4

from cassandra.metadata import Murmur3Token

from ..errors import NotFound
from ..schemas import Page
from .models import Notification, TestRun, User
from .schemas import NotificationList, NotificationOut, PersonCreate, PersonList, PersonOut


async def create_user(data: PersonCreate) -> PersonOut:
    """Add a user."""
    return await write_user(uuid4(), data)


async def write_user(user_id: UUID, data: PersonCreate) -> PersonOut:
    """Write a user under an id, which may be there already."""
    user = User(id=user_id, **data.model_dump())
    await user.save()
    return PersonOut.model_validate(user)


async def list_users(query: PersonList) -> Page[PersonOut]:
    """Return users in the order of their ids' tokens, the only order that partitions have."""
    after = {} if query.cursor is None else {"id__token__gt": Murmur3Token.from_key(query.cursor.bytes).value}
    users = await User.find(**after).limit(query.limit + 1).all()
    items = [PersonOut.model_validate(user) for user in users[: query.limit]]
    return Page(items=items, cursor=str(items[-1].id) if len(users) > query.limit else None)


async def get_user(user_id: UUID) -> PersonOut:
    """Return a user; NotFound where there is none."""
    user = await User.find_one(id=user_id)
    if user is None:
        raise NotFound({"error": "user_not_found"})
    return PersonOut.model_validate(user)


async def notify_of_failure(run: TestRun, notification_id: UUID | None = None) -> None:
    """Tell the assignee of a run that it has failed."""
    if run.assignee is not None:
        notification = Notification(
            receiver=run.assignee,
            id=notification_id or uuid1(),
            title=f"{run.test_name} failed on {run.release}",
            source=run.id,
        )
        await notification.save()


async def list_notifications(user_id: UUID, query: NotificationList) -> Page[NotificationOut]:
    """Return somebody's notifications, newest first; NotFound without such a user."""
    await get_user(user_id)
    before = {} if query.cursor is None else {"id__lt": query.cursor}
    found = await Notification.find(receiver=user_id, **before).limit(query.limit + 1).all()
    items = [NotificationOut.model_validate(notification) for notification in found[: query.limit]]
    return Page(items=items, cursor=str(items[-1].id) if len(found) > query.limit else None)


async def mark_read(user_id: UUID, notification_id: UUID) -> NotificationOut:
    """Mark a notification as read, also one that is already; NotFound where there is none.

    A plain update, as the row was written by a plain save; nothing deletes notifications, so it makes no ghost.
    """
    notification = await Notification.find_one(receiver=user_id, id=notification_id)
    if notification is None:
        raise NotFound({"error": "notification_not_found"})
    await notification.update(read=True)
    return NotificationOut.model_validate(notification)
