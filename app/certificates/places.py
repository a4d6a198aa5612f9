"""Where keys and certificates lie: the only thing a gateway process needs to know of them."""

from pathlib import Path

from msgspec import Struct

from app.settings import Settings


class Pair(Struct, frozen=True):
    """A certificate with its chain and its key, in PEM. Ours stand in one file, so that one rename changes both."""

    certificate: Path
    key: Path

    def stamp(self) -> tuple[tuple[int, int, int], ...]:
        """Changes whenever one of the files does; a file that is not there has a stamp as well."""
        return tuple(_stamp(path) for path in (self.certificate, self.key))


class Places(Struct, frozen=True):
    """What lies in `keys/`."""

    folder: Path

    @property
    def authority(self) -> Pair:
        """Our own authority; its certificate is the root that people install."""
        return Pair(self.folder / "authority.crt", self.folder / "authority.key")

    @property
    def own(self) -> Pair:
        """The server's certificate from our own authority."""
        return Pair(self.folder / "own.pem", self.folder / "own.pem")

    @property
    def acme(self) -> Pair:
        """The server's certificate from a public authority; until the first one came, one that nobody signed."""
        return Pair(self.folder / "acme.pem", self.folder / "acme.pem")

    @property
    def acme_account(self) -> Path:
        """The key by which a public authority knows us."""
        return self.folder / "acme-account.key"

    @property
    def acme_state(self) -> Path:
        """Who issued the certificate, and when the next try may be made."""
        return self.folder / "acme.json"


def places(settings: Settings) -> Places:
    """The places under this data folder."""
    return Places(settings.data.absolute() / "keys")


def served(settings: Settings) -> Pair | None:
    """The pair that the port shows; None where it is not encrypted."""
    tls, own = settings.tls, places(settings)
    if tls.mode == "files" and tls.certificate is not None and tls.key is not None:
        return Pair(tls.certificate.absolute(), tls.key.absolute())
    return {"own": own.own, "acme": own.acme}.get(tls.mode)


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0, 0)
    return (found.st_mtime_ns, found.st_size, found.st_ino)
