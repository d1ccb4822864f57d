"""Reads a JSON list item by item, so that its text is never in memory as a whole."""

import json
import re
from collections.abc import Iterator
from io import TextIOWrapper
from typing import Any

from .records import BadFeed, in_words

BLOCK = 64 * 1024
"""Characters that are read at a time."""
MAX_ITEM = 16 * 1024 * 1024
"""Characters of an item after which its end is no longer looked for."""
UNFINISHED = re.compile("(?: starting)? at$|: $")
"""How some of Python's reasons end, since a position follows them."""


class JsonItems:
    """The items of a JSON list, decoded one by one; BadFeed if the text is not a list."""

    SPACE = re.compile(r"[ \t\r\n]*")

    def __init__(self, text: TextIOWrapper) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._block, self._at = "", 0

    def __iter__(self) -> Iterator[Any]:
        if self._next_character() != "[":
            raise BadFeed("It holds no JSON list.")
        number, separator = 0, ","
        self._at += 1
        if self._next_character() == "]":
            separator = "]"
            self._at += 1
        while separator == ",":
            number += 1
            try:
                yield self._decode()
            except UnicodeDecodeError:
                raise
            except (ValueError, RecursionError) as error:
                # The position in the text would be that in a block.
                reason = UNFINISHED.sub("", error.msg) if isinstance(error, json.JSONDecodeError) else in_words(error)
                raise BadFeed(f"It cannot be read: item {number}: {reason}.") from error
            separator = self._next_character()
            self._at += 1
        if separator != "]" or self._next_character():
            raise BadFeed(f"It cannot be read: no JSON list any more after item {number}.")

    def _next_character(self) -> str:
        """Skip whitespace and return the next character, or "" at the end."""
        while True:
            self._at = self._skip(self._at)
            if self._at < len(self._block) or not self._read_on():
                return self._block[self._at : self._at + 1]

    def _skip(self, at: int) -> int:
        space = self.SPACE.match(self._block, at)
        return space.end() if space else at

    def _decode(self) -> Any:
        self._next_character()
        while True:
            try:
                item, end = self._decoder.raw_decode(self._block, self._at)
            except json.JSONDecodeError:
                # Perhaps only because the block ends in the middle of it.
                if not self._read_on():
                    raise
                continue
            # An item is complete if another one or the end follows: a number may go on in the next block.
            following = self._skip(end)
            if self._block[following : following + 1] in {",", "]"} or not self._read_on():
                self._at = end
                return item

    def _read_on(self) -> bool:
        """Append as much as there is left, at least a block; False at the end of the file, or after MAX_ITEM."""
        rest = self._block[self._at :]
        more = "" if len(rest) > MAX_ITEM else self._text.read(max(BLOCK, len(rest)))
        if more:
            self._block, self._at = rest + more, 0
        return bool(more)
