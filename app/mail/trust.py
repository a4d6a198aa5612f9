"""Whom to believe of mail servers' certificates: the machine's authorities, ours that we bring, the desk's own."""

import ssl
from pathlib import Path

OWN = "mail-ca.pem"  # in `keys/`: the authority of a mail server of the house


def trust(keys: Path) -> ssl.SSLContext:
    """A context that checks certificates and names; read anew each time, so that a changed authority counts at once."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    own = keys / OWN
    if own.is_file():
        context.load_verify_locations(str(own))
    return context
