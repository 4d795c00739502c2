"""How the manager interface's certificate is checked. What can be set: `AmiConfig`."""

from __future__ import annotations

import ssl

from stasis.config import AmiConfig
from stasis.errors import ConfigError

__all__ = ["AmiConfig", "tls_of"]


def tls_of(config: AmiConfig) -> ssl.SSLContext | None:
    """What checks the server's certificate; None without TLS. Raises ConfigError."""
    if not config.tls:
        return None
    try:
        return ssl.create_default_context(cafile=config.tls_ca or None)
    except OSError as error:
        raise ConfigError(f"tls_ca: not a certificate: {error}") from None
