"""The lock for what must not be done side by side."""

from threading import Lock

__all__ = ["Lock"]
