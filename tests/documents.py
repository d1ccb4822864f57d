"""Finds the commands in a document, with what the text beside and below each says that it answers."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile

PROGRAMS = (
    *("copier", "cqlsh", "curl", "docker", "gh", "git", "gunicorn", "make", "nodetool", "pip", "pre-commit"),
    *("python", "python3", "seq", "uv", "uvicorn", "uvx"),
)
"""What a command begins with, after its variables and the folder of its program."""

BEGINS = rf"(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(?:{'|'.join(PROGRAMS)})\s"
PART = re.compile(
    r"^```(?P<language>\w*)\n(?P<block>.*?)^```$"
    rf"|(?<!`)`(?P<span>{BEGINS}[^`]+)`"
    r"|<(?P<address>http://127\.0\.0\.1:8000[^>\s]*)>",
    re.MULTILINE | re.DOTALL,
)
"""Where a document has commands: a block, a span of code, and an address of the server to open."""

FENCE = re.compile(r"[\s>*+-]*(?:```|~~~)")
"""Where a block begins or ends, in whatever way that Markdown knows."""

OTHERS = ("python", "sql")
"""What else blocks are written in."""

COMMAND = re.compile(
    r"""(?P<command>(?>'[^']*'|"(?:[^"\\]|\\.)*"|\\.|(?<=\S)\#|[^'"\\#\n])*)(?P<comment>\#[^\n]*)?\n""", re.DOTALL
)
"""A command with its continuation lines and the comment beside it; or an empty line, or a comment alone."""

SAYS = re.compile(r"(?P<status>\d{3}\b)?,? ?(?P<rest>.*)")
"""A comment that says what curl is answered: a status, or JSON in which ... stands for anything, or both, and prose."""


@dataclass(frozen=True)
class Answer:
    """What the text says that a server answers."""

    status: str = "2.."
    """A regular expression: any success, unless the text names another status."""
    body: str = ""
    """JSON without blanks, in which ... stands for anything; if empty, anything."""

    def is_given_by(self, status: str, body: str) -> bool:
        """Return True if an answer is as the text says."""
        if not re.fullmatch(self.status, status):
            return False
        if not self.body:
            return True
        try:
            found = json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
        except ValueError:
            return False
        return re.fullmatch(re.escape(self.body).replace(re.escape("..."), ".*"), found) is not None


@dataclass(frozen=True)
class Line:
    """A command of a document."""

    command: str
    place: str
    """The document, and the number of the line in it."""
    in_block: bool
    beside: str = ""
    """The comment beside it."""
    below: tuple[str, ...] = ()
    """The comments below it."""

    def answers(self) -> list[Answer]:
        """Return what curl is answered as the text says, and then what the same command is answered `again`."""
        said = dropwhile(lambda text: not re.match(r"\d{3}\b|[\[{]|again: ", text), [self.beside, *self.below])
        first, *others = re.split(r"(?:^|\n|; )again: ", "\n".join(said))
        texts = [text for each in (first, *others) if (text := SAYS.match(each.replace("\n", "")))]
        unfinished = [text[0] for text in texts if text["rest"][:1] in ("[", "{") and not leading_json(text["rest"])]
        assert not unfinished, f"{self.place}: JSON without its end: {unfinished}"
        return [Answer(text["status"] or "2..", leading_json(text["rest"])) for text in texts]


def leading_json(text: str) -> str:
    """Return the JSON that a text begins with, or nothing."""
    depth = 0
    for position, character in enumerate(text):
        depth += (character in "[{") - (character in "]}")
        if depth == 0:
            return text[: position + 1] if position else ""
    return ""


def find_lines(document: str, name: str) -> Iterator[Line]:
    """Yield the commands of a document from top to bottom."""
    lines = enumerate(document.split("\n"), start=1)
    odd = [f"{number}: {line}" for number, line in lines if FENCE.match(line) and not re.fullmatch(r"```\w*", line)]
    assert not odd, f"{name}: a block begins with ``` and at most one word, without blanks: {odd}"
    for part in PART.finditer(document):
        number = document.count("\n", 0, part.start()) + 1
        if part["language"] == "sh":
            yield from lines_of_block(part["block"], name, number + 1)
        elif part["language"] in OTHERS:
            continue
        elif part["block"] is not None:
            foreign = [line for line in part["block"].splitlines() if re.match(rf"(?:[$%#] )?{BEGINS}", line)]
            assert not foreign, f"{name}:{number}: a block with commands is marked as sh: {foreign}"
        else:
            command = part["span"] or f"curl '{part['address']}'"
            yield Line(" ".join(command.split()), f"{name}:{number}", in_block=False)


def lines_of_block(block: str, name: str, number: int) -> Iterator[Line]:
    """Yield the commands of a block that begins in this line of a document."""
    found: list[Line] = []
    attached = False
    for part in COMMAND.finditer(block):
        command, comment = part["command"].strip(), (part["comment"] or "").removeprefix("#").strip()
        if command:
            place = f"{name}:{number + block.count(chr(10), 0, part.start())}"
            found.append(Line(command, place, in_block=True, beside=comment))
        elif comment and attached:
            line = found.pop()
            found.append(Line(line.command, line.place, True, line.beside, (*line.below, comment)))
        attached = bool(command) or (attached and bool(comment))
    yield from found
