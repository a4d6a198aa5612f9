"""An OCI image of the server, written by ourselves: no daemon, no registry, the same bytes each time.

Image Format Specification 1.1 (opencontainers/image-spec): a tar of `oci-layout`, `index.json` and `blobs/`; beside
them `manifest.json`, by which `docker load` of before version 25 finds its way. One layer: the program's tree, the C
library and the loader of the machine that writes it, its certificates of authorities, and the few files that libc
reads.
"""

import gzip
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec import Struct

from app.model.errors import Unavailable
from installer.elf import needs
from installer.layout import PROGRAM, digest, sync

PORT = 8080
USER = 10_001  # of nobody on any machine; the data volume is his
DATA = "/data"
HOME = "/opt/monodesk"
_BUNDLES = (
    "etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch, Alpine
    "etc/pki/tls/certs/ca-bundle.crt",  # Red Hat, Fedora
    "etc/ssl/ca-bundle.pem",  # SUSE
)
_CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
_LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib64", "usr/lib64", "lib", "usr/lib")
# Loaded by name at run time: how libc before 2.34 reads /etc/passwd and asks for names.
_BY_NAME = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
_FOLDERS = ("dev", "etc", "etc/ssl", "etc/ssl/certs", "opt", "proc", "run", "sys", "usr", "var")
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"
_THE_BEGINNING = "1970-01-01T00:00:00Z"  # a time of writing would make two images of one file differ
_COMPRESSION, _PIECE_BYTES = 6, 1_048_576


class Item(Struct, frozen=True):
    """One entry of the layer: a folder (neither `file` nor `text` nor `link`), a file of the disk, a text, a link."""

    name: str
    mode: int = 0o755
    file: Path | None = None
    text: str | None = None
    link: str = ""
    user: int = 0


def write_image(tree: Path, version: str, path: Path, host: Path = Path("/")) -> None:
    """The image of the unpacked program at `tree`, whole or not at all; libc comes from below `host`.

    Raises `Unavailable` where the machine lacks what has to be in it.
    """
    with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as beside:
        layer, inside = Path(beside) / "layer", _layer(tree, version, host, Path(beside) / "layer")
        config = _json(_configuration(version, inside))
        described = {"mediaType": _LAYER, "digest": f"sha256:{digest(layer)}", "size": layer.stat().st_size}
        manifest = _json(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": _described(_CONFIG, config),
                "layers": [described],
            }
        )
        draft = Path(beside) / "image"
        with draft.open("wb") as raw:
            _write_layout(raw, version, config, manifest, layer)
            raw.flush()
            os.fsync(raw.fileno())
        draft.replace(path)
    sync(path.parent)


def _write_layout(raw: io.BufferedWriter, version: str, config: bytes, manifest: bytes, layer: Path) -> None:
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [
            {
                **_described(_MANIFEST, manifest),
                "platform": {"architecture": "amd64", "os": "linux"},
                "annotations": {"org.opencontainers.image.ref.name": version},
            }
        ],
    }
    blob = f"blobs/sha256/{digest(layer)}"
    by_docker = [{"Config": _blob(config), "RepoTags": [f"monodesk:{version}"], "Layers": [blob]}]
    texts = {
        "index.json": _json(index),
        "manifest.json": _json(by_docker),
        "oci-layout": _json({"imageLayoutVersion": "1.0.0"}),
        _blob(config): config,
        _blob(manifest): manifest,
    }
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for folder in ("blobs", "blobs/sha256"):
            archive.addfile(_entry(Item(folder)))
        for name, text in sorted(texts.items()):
            archive.addfile(_entry(Item(name, 0o644), len(text)), io.BytesIO(text))
        with layer.open("rb") as content:
            archive.addfile(_entry(Item(blob, 0o644), layer.stat().st_size), content)


def _layer(tree: Path, version: str, host: Path, path: Path) -> str:
    """Write the compressed layer to `path`; the digest of what is compressed, by which runtimes know it."""
    plain = path.with_name("plain")
    with tarfile.open(plain, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for item in sorted(_items(tree, version, host), key=lambda item: item.name):
            if item.file is not None:
                with item.file.open("rb") as content:
                    archive.addfile(_entry(item, item.file.stat().st_size), content)
            else:
                text = (item.text or "").encode()
                archive.addfile(_entry(item, len(text)), io.BytesIO(text))
    with (
        plain.open("rb") as content,
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_COMPRESSION, mtime=0) as compressed,
    ):
        shutil.copyfileobj(content, compressed, _PIECE_BYTES)
    return digest(plain)


def _items(tree: Path, version: str, host: Path) -> Iterator[Item]:
    yield from map(Item, _FOLDERS)
    yield Item("tmp", 0o1777)
    yield Item(DATA.lstrip("/"), 0o700, user=USER)
    yield Item("etc/passwd", 0o644, text=f"root:x:0:0:root:/:/\nmonodesk:x:{USER}:{USER}:Monodesk:{DATA}:/\n")
    yield Item("etc/group", 0o644, text=f"root:x:0:\nmonodesk:x:{USER}:\n")
    yield Item("etc/nsswitch.conf", 0o644, text="passwd: files\ngroup: files\nhosts: files dns\n")
    yield Item("etc/os-release", 0o644, text=f'ID=monodesk\nNAME="Monodesk"\nVERSION_ID={version}\n')
    bundle = next((host / name for name in _BUNDLES if (host / name).is_file()), None)
    if bundle is not None:
        yield Item(_CERTIFICATES, 0o644, file=bundle)
    yield from _libraries(tree, host)
    yield from _program(tree)


def _program(tree: Path) -> Iterator[Item]:
    home = HOME.lstrip("/")
    yield Item(home)
    for path in sorted(tree.rglob("*")):
        name = f"{home}/{path.relative_to(tree)}"
        if path.is_symlink():
            yield Item(name, 0o777, link=str(path.readlink()))
        elif path.is_dir():
            yield Item(name)
        else:
            yield Item(name, 0o755 if path.stat().st_mode & 0o100 else 0o644, file=path)


def _libraries(tree: Path, host: Path) -> Iterator[Item]:
    """What the tree's programs and libraries need and do not bring along, where the loader looks for it."""
    own = {path.name for path in tree.rglob("*.so*")}
    loader = getattr(needs(tree / PROGRAM), "loader", "")
    folders: set[str] = set()
    for name in [loader.lstrip("/"), *sorted(_wanted(tree, host, own))]:
        found = host / name
        if not loader or not found.is_file():
            raise Unavailable(
                "no_libc",
                f"This machine has no {name or 'glibc'} to put into the image. Write the image on one with glibc.",
                f"本机没有可放入镜像的 {name or 'glibc'}。请在使用 glibc 的机器上生成镜像。",
            )
        folders |= {str(folder) for folder in Path(name).parents if str(folder) != "."}
        yield Item(name, 0o755, file=found.resolve())
    yield from (Item(folder) for folder in sorted(folders - set(_FOLDERS)))


def _wanted(tree: Path, host: Path, own: set[str]) -> set[str]:
    """Paths below `host` of all libraries that are needed, those that libraries need in turn included."""
    named = {name for path in tree.rglob("*") if path.is_file() for name in _named(path)}
    launched = _named(tree / PROGRAM)  # before it can say that its own libraries count
    waiting, found = [*sorted(named - own), *launched], dict.fromkeys(own - {*launched}, "")
    waiting += [name for name in _BY_NAME if _place(host, name)]
    while waiting:
        name = waiting.pop()
        if name in found or name.startswith("ld-linux"):
            continue
        place = _place(host, name)
        found[name] = place or f"lib/{name}"
        waiting += _named(host / place) if place else ()
    return {place for place in found.values() if place}


def _named(path: Path) -> tuple[str, ...]:
    found = needs(path)
    return found.libraries if found else ()


def _place(host: Path, name: str) -> str:
    return next((f"{folder}/{name}" for folder in _LIBRARIES if (host / folder / name).is_file()), "")


def _entry(item: Item, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(item.name)
    entry.mode, entry.uid, entry.gid, entry.mtime = item.mode, item.user, item.user, 0
    if item.link:
        entry.type, entry.linkname = tarfile.SYMTYPE, item.link
    elif item.file is None and item.text is None and not size:
        entry.type = tarfile.DIRTYPE
    else:
        entry.size = size
    return entry


def _configuration(version: str, layer: str) -> dict[str, object]:
    return {
        "created": _THE_BEGINNING,
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": f"{USER}:{USER}",
            "ExposedPorts": {f"{PORT}/tcp": {}},
            "Env": [
                f"PATH={HOME}",
                f"MONODESK_DATA={DATA}",
                f"MONODESK_LISTEN=0.0.0.0:{PORT}",
                f"SSL_CERT_FILE=/{_CERTIFICATES}",
                "LANG=C.UTF-8",
            ],
            "Entrypoint": [f"{HOME}/{PROGRAM}"],
            "Cmd": ["serve"],
            "Volumes": {DATA: {}},
            "WorkingDir": DATA,
            "StopSignal": "SIGTERM",
            "Labels": {
                "org.opencontainers.image.title": "Monodesk",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.licenses": "Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer}"]},
        "history": [{"created": _THE_BEGINNING, "created_by": f"monodesk install --target docker ({version})"}],
    }


def _json(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")


def _blob(content: bytes) -> str:
    return f"blobs/sha256/{sha256(content).hexdigest()}"


def _described(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": f"sha256:{sha256(content).hexdigest()}", "size": len(content)}


def compose(version: str, public_url: str, variables: Iterable[tuple[str, str]] = ()) -> str:
    """A compose file that runs the image with nothing but its data folder and its port."""
    told = [*variables, *([("MONODESK_PUBLIC_URL", public_url)] if public_url else [])]
    environment = "".join(f'      {name}: "{value}"\n' for name, value in told)
    return f"""# docker load --input monodesk-{version}.oci.tar
# docker compose up --detach
# docker compose exec monodesk {HOME}/{PROGRAM} setup --link
services:
  monodesk:
    image: monodesk:{version}
    restart: unless-stopped
    stop_grace_period: 30s
    ports:
      - "{PORT}:{PORT}"
    volumes:
      - data:{DATA}
{f"    environment:{chr(10)}{environment}" if environment else ""}    read_only: true
    tmpfs:
      - /tmp
    cap_drop: [ALL]
    security_opt: ["no-new-privileges:true"]
    ulimits:
      nofile: 65536
    healthcheck:
      test: ["CMD", "{HOME}/{PROGRAM}", "status"]
      interval: 30s
      timeout: 10s
      start_period: 60s
volumes:
  data:
"""
