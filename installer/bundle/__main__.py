"""`make binary`: the one file, dist/monodesk.

python -m installer.bundle [--python own|host] [--dist DIR] [--work DIR]
"""

import argparse
import platform
import subprocess
from pathlib import Path

from installer.bootloader.build import bootloader
from installer.bundle.chroot import Unbuildable
from installer.bundle.environment import ROOT, environment, variables
from installer.bundle.interpreter import GLIBC, in_compiler_tree, interpreter


def main() -> None:
    parser = argparse.ArgumentParser(description="Makes the one file.")
    parser.add_argument("--python", choices=("own", "host"), default="own")
    parser.add_argument("--dist", type=Path, default=ROOT / "dist")
    parser.add_argument("--work", type=Path, default=ROOT / "build")
    options = parser.parse_args()
    prefix = interpreter() if options.python == "own" else None
    pack(prefix, options.dist.resolve(), options.work.resolve())
    if prefix is None:
        libc = " ".join(platform.libc_ver())
        print(f"Packed with this machine's Python: the file starts only where the C library is at least {libc}.")


def pack(prefix: Path | None, dist: Path, work: Path) -> None:
    """PyInstaller over build.spec. The same seed for every set and dictionary: two builds are the same to the byte."""
    python = environment(prefix) / "bin" / "python"
    environ = {
        **variables(prefix),
        "PYTHONHASHSEED": "1",
        "PYINSTALLER_CONFIG_DIR": str(work / "pyinstaller"),  # --clean empties it: each build needs its own
        "MONODESK_BUILD_PYTHON": str(prefix or ""),
        "MONODESK_BOOTLOADER": str(bootloader(GLIBC[1], in_compiler_tree) if prefix else bootloader()),
    }
    command = (
        str(python), "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN",
        "--distpath", str(dist), "--workpath", str(work), "build.spec",
    )  # fmt: skip
    if subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode:
        raise Unbuildable("Nothing was packed; the lines above say why.")
    file = dist / "monodesk"
    print(f"{file}: {file.stat().st_size / 1_000_000:.1f} MB")


if __name__ == "__main__":
    main()
