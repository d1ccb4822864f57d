"""Sample content for the press: articles, videos and episodes of a podcast, mixed."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from ..errors import Conflict
from ..samples.seeding import Seeding
from . import service
from .models import KINDS
from .schemas import ContentIn, ContentLine

COUNT = 30

FIRST_ISSUE = datetime(2025, 1, 1, tzinfo=UTC)
A_YEAR = 525_600
"""In minutes."""

SUBJECTS = (
    "Borrowed faces",
    "The house with seven doors",
    "Mirrors that answer late",
    "The last honest portrait",
    "Wolves who file their taxes",
    "A duchess of smoke",
    "Shadows for hire",
    "How to fold a river",
    "The twin who stayed home",
)
SENTENCES = (
    "Nobody at the press has met the author twice in the same shape.",
    "The proof came back as a heron and had to be set again.",
    "We print what we are told, and it tells us something else by morning.",
    "Ask for the door, not for the room behind it.",
    "The photograph was taken on a Tuesday; the face is from a Thursday.",
    "Three readers recognised themselves, and one of them was right.",
    "Keep the ink away from salt water and from anybody called Protée.",
    "The index lists every name but the one that you came for.",
)
TAGS = ("masks", "mirrors", "dimension-7", "folklore", "how-to", "interview", "métamorphose", "night shift", "proofs")
RESOLUTIONS = ("720p", "1080p", "1080p", "2160p")
OPTIONS = ()
"""This seed has no options of its own."""


async def seed(run: Seeding, **_: object) -> None:
    """Publish `run.count` pieces of all kinds, or those of the feed."""
    dice = run.random

    def fields(kind: str, number: int) -> dict[str, Any]:
        if kind == "article":
            body = " ".join(dice.sample(SENTENCES, dice.randint(2, 5)))
            return {"body": body, "reading_minutes": dice.randint(2, 20)}
        if kind == "video":
            url = f"https://video.press.example/take/{number}"
            return {"url": url, "duration_seconds": dice.randint(40, 5400), "resolution": dice.choice(RESOLUTIONS)}
        guests = [run.faker.name() for _ in range(dice.randint(0, 3))]
        audio_url = f"https://audio.press.example/episodes/{number}.mp3"
        return {"audio_url": audio_url, "episode": number, "guests": guests}

    def content(index: int) -> ContentLine:
        kind, number = dice.choice(list(KINDS)), index + 1
        tags = dice.sample(TAGS, dice.randint(1, 3))
        title = f"{dice.choice(SUBJECTS)}, no.\N{NO-BREAK SPACE}{number}"
        common = {"kind": kind, "title": title, "author": run.faker.name(), "tags": tags}
        return ContentLine.model_validate({**common, **fields(kind, number)})

    async def publish(line: ContentLine) -> bool:
        # The key follows from the content: the same piece again is the same row.
        key = uuid5(NAMESPACE_URL, line.model_dump_json())
        published_at = FIRST_ISSUE + timedelta(minutes=key.int % A_YEAR)
        try:
            await service.create_content(ContentIn(line.root), key, published_at)
        except Conflict:
            return False
        return True

    await run.write("Printing content", run.rows(ContentLine, content), publish)
