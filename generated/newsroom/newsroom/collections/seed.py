"""Sample articles for the Tag Mind."""

from uuid import UUID

from ..errors import Conflict
from ..samples.seeding import Seeding
from . import service
from .schemas import ArticleLine, AuthorIn

COUNT = 40

COMMON = ("memory", "dreams", "tides", "maps", "silence", "moths", "glass", "echoes", "lighthouses", "salt")
RARE = ("déjà vu", "clockwork", "foxes", "number nine", "north", "зима", "origami", "thunder", "umbrellas")
HEADS = ("What we know of", "A short history of", "Against", "Seven thoughts on", "The grammar of", "In praise of")
OPENINGS = (
    "One of us thought of {} first, and by noon all of us had.",
    "It began as a footnote on {} and has not stopped growing.",
    "Nobody remembers who asked about {}, which is how we know that it was everybody.",
    "On {} we agree, except about the date, the place and the weather.",
)
MIDDLES = (
    "Four hundred of us slept on it and woke with the same sentence.",
    "The minds by the harbour object, but they object to everything in spring.",
    "It fits in a pocket, though nobody has said whose.",
    "Measured twice, it came out longer than the measuring.",
)
ENDINGS = (
    "The rest is left to whoever thinks next.",
    "Please do not think about it near open windows.",
    "A correction follows as soon as it has occurred to us.",
    "Further reading was attempted, and remembered us.",
)
NOTES = ("Seen this before?", "Read twice, agreed once.", "The second paragraph hums.", "Ask the minds upstairs.")
MOODS = ("calm", "uneasy", "amused", "wide awake")
BADGES = ("reviewed", "collective", "rare", "unfinished")
OPTIONS = ()
"""This seed has no options of its own."""


def seed(run: Seeding, **_: object) -> None:
    """Write `run.count` articles, or those of the feed; existing ones stay as they are."""
    tags_known = COMMON + RARE
    # The first is the most common, so that the cloud has a shape.
    weights = [1 / rank for rank in range(1, len(tags_known) + 1)]

    def article(_number: int) -> ArticleLine:
        tags = sorted(set(run.random.choices(tags_known, weights, k=run.random.randint(2, 5))))
        subject = run.random.choice(tags)
        text = (run.random.choice(OPENINGS).format(subject), run.random.choice(MIDDLES), run.random.choice(ENDINGS))
        first, last = run.faker.first_name(), run.faker.last_name()
        return ArticleLine(
            id=UUID(int=run.random.getrandbits(128), version=4),
            title=f"{run.random.choice(HEADS)} {subject}",
            body=" ".join(text),
            author=AuthorIn(name=f"{first} {last}", email=f"{first}.{last}@minds.example".lower()),
            tags=tags,
            notes=run.random.sample(NOTES, run.random.randint(0, 2)),
            metadata={"mood": run.random.choice(MOODS), "minds": str(run.random.randint(2, 900))},
            badges=run.random.sample(BADGES, run.random.randint(0, 2)),
        )

    def write(data: ArticleLine) -> bool:
        try:
            service.create_article(data)
        except Conflict:
            return False
        return True

    run.write("Writing articles", run.rows(ArticleLine, article), write)
