"""Lists in the order of the partitioner, which continue behind a token."""

from cassandra.metadata import Murmur3Token


def after_token(key: str | bytes) -> int:
    """Return the token of a partition key: `token(key) > ?` continues behind it, in the partitioner's order."""
    return int(Murmur3Token.from_key(key.encode() if isinstance(key, str) else key).value)
