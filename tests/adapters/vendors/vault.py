"""Secrets as the console keeps them."""

from pathlib import Path


def keep(folder: Path, **secrets: str) -> None:
    """Each under its name in `keys/adapters` of a data folder."""
    place = folder / "keys" / "adapters"
    place.mkdir(parents=True, exist_ok=True)
    for name, value in secrets.items():
        (place / name.replace("_", "-")).write_text(value, encoding="utf-8")
        (place / name.replace("_", "-")).chmod(0o600)
