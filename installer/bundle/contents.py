"""What is really in the bundle: every module and file of it has an owner, every owner a licence and its text.

Runs in the environment that is packed, called by build.spec.
"""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from email.message import Message
from importlib.metadata import Distribution, distribution, packages_distributions
from pathlib import Path

from installer.parts import Part

ROOT = Path(__file__).parent.parent.parent
OURS = "monodesk"
PACKER = "pyinstaller"  # its bootloader and its loader's modules are in the file
INTERPRETER = "python"
_TEXT = re.compile(r"^(licen[cs]e|copying|notice|authors)", re.IGNORECASE)
_SELF = frozenset({"app", "installer", "frozen"})
_STANDARD: frozenset[str] = sys.stdlib_module_names | {"base_library", "lib-dynload", "python3"}
_STANDARD_OWN = "_sysconfigdata_"  # with the platform's name behind it
_PACKERS = re.compile(r"^(pyimod\d\d_|pyiboot|pyi_|_pyi_|pyi-)")
_DPKG = "/usr/bin/dpkg-query"

# Debian's source packages linked into our Python. SPDX, from their debian/copyright, whose text is packed.
_LINKED = {
    "python3.13": "PSF-2.0", "openssl": "Apache-2.0", "zlib": "Zlib", "xz-utils": "0BSD", "bzip2": "bzip2-1.0.6",
    "libffi": "MIT", "expat": "MIT", "gcc-10": "GPL-3.0-or-later WITH GCC-exception-3.1",
}  # fmt: skip
# What wheels hold in their machine code without a bill of materials: name, licence, where its version is told.
_WITHIN: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "pysqlite3": (("sqlite", "blessing", "pysqlite3.dbapi2:sqlite_version"),),
    "uvloop": (("libuv", "MIT", "uvloop.loop:libuv_get_version"),),
    "cffi": (("libffi", "MIT", ""),),
    "aiohttp": (("llhttp", "MIT", ""),),
    "protobuf": (("utf8_range", "MIT", ""),),
    "pyyaml": (("libyaml", "MIT", "yaml._yaml:get_version_string"),),
    "argon2-cffi-bindings": (("phc-winner-argon2", "CC0-1.0 OR Apache-2.0", ""),),
    PACKER: (("zlib", "Zlib", ""),),
}
# Licences that a package names otherwise than by an SPDX expression.
_SPELLED = {
    "MIT": "MIT", "The MIT License (MIT)": "MIT", "MIT License": "MIT", "MPL-2.0": "MPL-2.0",
    "BSD-3-Clause": "BSD-3-Clause", "3-Clause BSD License": "BSD-3-Clause", "PSF-2.0": "PSF-2.0",
    "Apache-2.0": "Apache-2.0", "Apache 2.0": "Apache-2.0",
    "License :: OSI Approved :: MIT License": "MIT", "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
}  # fmt: skip
_DECIDED = {
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception", "uvloop": "MIT OR Apache-2.0", "pysqlite3": "Zlib",
    "tzdata": "Apache-2.0",
}  # fmt: skip


class Unowned(SystemExit):
    """The end of the build: something is in the bundle that nobody answers for."""


def contents(
    version: str, names: Iterable[str], files: Mapping[str, str], prefix: Path | None, web: Path
) -> tuple[Part, ...]:
    """Every part, ours first, sorted by name.

    `version`: ours; `names`: modules in the bundle; `files`: what lies in it, target → source; `prefix`: our own
    Python, None for the machine's; `web`: the built web with its `packages.json`. Raises `Unowned`.
    """
    owners = _owners([*names, *(target for target in files if not _library(target))])
    found = [part for owner in owners for part in _package(owner)]
    found += _linked(prefix) if prefix else _of_machine(files)
    found += [_npm(package) for package in json.loads((web / "packages.json").read_text())]
    lacking = sorted(part.name for part in found if not part.licence or not (any(part.texts) or part.within))
    if lacking:
        raise Unowned(f"build.spec: no licence known of {', '.join(lacking)}. See installer/bundle/contents.py.")
    text = (ROOT / "LICENSE").read_text()
    ours = Part(OURS, version, "Apache-2.0", f"pkg:generic/{OURS}@{version}", (text,))
    return (ours, *sorted(found, key=lambda part: (part.name.lower(), part.version, part.within)))


def _owners(names: Iterable[str]) -> set[str]:
    """Packages that own these modules and files."""
    by_module = {name.replace("-", "_"): [name] for owners in packages_distributions().values() for name in owners}
    by_module |= packages_distributions()
    owners: set[str] = set()
    unknown: set[str] = set()
    for top in {_top(name) for name in names}:
        if top in by_module:
            owners.update(owner.lower().replace("_", "-") for owner in by_module[top])
        elif _PACKERS.match(top):
            owners.add(PACKER)
        elif top not in (*_SELF, *_STANDARD) and not top.startswith(_STANDARD_OWN):
            unknown.add(top)
    if unknown:
        raise Unowned(f"build.spec: nobody owns {', '.join(sorted(unknown))}")
    return owners


def _top(name: str) -> str:
    """The first name of a module or of a file's place; `cryptography` for cryptography-50.0.2.dist-info."""
    first = re.split(r"[./]", name)[0]
    described = re.match(r"^([A-Za-z0-9_.]+)-[^/]+\.dist-info/", name)
    return described[1] if described else first


def _library(target: str) -> bool:
    return re.match(r"^lib[^/]*\.so", target) is not None


def _package(name: str) -> list[Part]:
    """A package of Python and what its wheel holds of others."""
    found = distribution(name)
    purl = f"pkg:pypi/{name}@{found.version}"
    return [Part(name, found.version, _licence(name, found), purl, _texts(found)), *_within(name, found)]


def _licence(name: str, found: Distribution) -> str:
    metadata: Message = found.metadata  # type: ignore[assignment]
    expression = _DECIDED.get(name) or metadata.get("License-Expression", "")
    spelled = [metadata.get("License", ""), *metadata.get_all("Classifier", [])]
    return expression or next((_SPELLED[text] for text in spelled if text in _SPELLED), "")


def _texts(found: Distribution) -> tuple[str, ...]:
    inside = [path for path in found.files or () if ".dist-info" in path.parts[0] and _TEXT.match(path.name)]
    return tuple(Path(str(path.locate())).read_text(encoding="utf-8") for path in sorted(inside))


def _within(name: str, found: Distribution) -> list[Part]:
    bills = [path for path in found.files or () if "sboms" in path.parts and path.suffix == ".json"]
    listed = [one for path in sorted(bills) for one in json.loads(Path(str(path.locate())).read_text())["components"]]
    known = [
        Part(one, _version(told), licence, f"pkg:generic/{one}", within=name)
        for one, licence, told in _WITHIN.get(name, ())
    ]
    return known + [_component(one, name) for one in listed]


def _component(one: Mapping[str, object], within: str) -> Part:
    """A line of the bill of materials that a wheel brings."""
    licences = one.get("licenses") or [{"expression": _LINKED.get(str(one["name"]), "")}]
    assert isinstance(licences, list)
    named = [item.get("expression") or item["license"].get("id") or item["license"]["name"] for item in licences]
    purl = str(one.get("purl", "")).split("?")[0]
    return Part(str(one["name"]), str(one.get("version", "")), " AND ".join(named), purl, within=within)


def _version(told: str) -> str:
    """From where it is told, `module:attribute`: a text, or a number as libuv's 0x013300."""
    if not told:
        return ""
    module, _, attribute = told.partition(":")
    value = getattr(importlib.import_module(module), attribute)
    value = value() if callable(value) else value
    return value if isinstance(value, str) else ".".join(str(value >> shift & 0xFF) for shift in (16, 8, 0))


def _linked(prefix: Path) -> list[Part]:
    """What our own Python was built from; its versions and texts lie beside it."""
    versions: dict[str, str] = json.loads((prefix / "parts" / "versions.json").read_text())
    return [
        Part(
            name, version, _LINKED[name], f"pkg:deb/debian/{name}@{version}?arch=source",
            ((prefix / "parts" / f"{name}.txt").read_text(encoding="utf-8"),),
        )
        for name, version in versions.items()
    ]  # fmt: skip


def _of_machine(files: Mapping[str, str]) -> list[Part]:
    """A file packed with the machine's own Python: its libraries, as far as Debian's package system knows them."""
    version = ".".join(map(str, sys.version_info[:3]))
    licence = next(iter(Path(sys.base_prefix).rglob("LICENSE.txt")), None)
    text = licence.read_text(encoding="utf-8") if licence else "See https://docs.python.org/3/license.html"
    found = {INTERPRETER: Part(INTERPRETER, version, "PSF-2.0", f"pkg:generic/python@{version}", (text,))}
    for source in sorted(source for target, source in files.items() if _library(target)):
        name, version, text = _debian(Path(source).resolve())
        found.setdefault(name, Part(name, version, "LicenseRef-see-text", f"pkg:deb/debian/{name}@{version}", (text,)))
    return list(found.values())


def _debian(file: Path) -> tuple[str, str, str]:
    """Package, version and copyright of a file of this machine."""
    asked = subprocess.run([_DPKG, "-S", str(file)], capture_output=True, text=True, check=False)
    if asked.returncode:
        return file.name, "", f"A library of the machine on which this file was packed: {file.name}"
    name = asked.stdout.split(":")[0]
    version = subprocess.run([_DPKG, "-W", "-f=${Version}", name], capture_output=True, text=True, check=True)
    copyright_file = Path("/usr/share/doc") / name / "copyright"
    return name, version.stdout.split("\n")[0], copyright_file.read_text(encoding="utf-8", errors="replace")


def _npm(package: Mapping[str, str]) -> Part:
    name, version = package["name"], package["version"]
    purl = f"pkg:npm/{name.replace('@', '%40')}@{version}"
    return Part(name, version, package["license"], purl, (package["text"],))
