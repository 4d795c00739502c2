"""A file that a thing returns: named, typed, and not held in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

from attrs import frozen

__all__ = ["Download"]


@frozen
class Download:
    """name: for who stores it. kind: its media type. chunks: its content, to be read once.
    size: bytes, if known.
    """

    name: str
    kind: str
    chunks: AsyncIterator[bytes]
    size: int | None = None
