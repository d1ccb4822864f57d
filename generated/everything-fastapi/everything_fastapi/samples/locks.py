"""The lock for what must not be done side by side."""

from asyncio import Lock

__all__ = ["Lock"]
