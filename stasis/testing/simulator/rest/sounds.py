"""ARI's sounds."""

from __future__ import annotations

__all__: list[str] = []
