"""One target in a process of its own: `python -m tests.fuzz.run TARGET --runs N [--seed S]`, or `--replay FILE`."""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from app.storage import library

library.install()  # before anything imports sqlite3

# ruff: noqa: E402 - the library's place must be taken first
from tests.fuzz.watch import Target, Watch

_COVERED = [
    "tests.fuzz.live", "app.gateway", "app.api", "app.chat", "app.contacts", "app.accounts", "app.files",
    "app.adapters",
]  # fmt: skip
_BYTES_MAX = 1_024
_SECONDS_MAX = 30  # libFuzzer's own alarm, for what never ends


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run")
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--found", default=".cache/fuzz/", help="where a failing input is kept")
    parser.add_argument("--replay", type=Path)
    asked = parser.parse_args()
    if asked.replay is not None:
        Watch(load(asked.target), 1).one(asked.replay.read_bytes())
        return
    _fuzz(asked.target, asked.runs, asked.seed, asked.found)


def load(name: str) -> Target:
    """The target of this name in `targets/`, or of a whole module path."""
    module = importlib.import_module(name if "." in name else f"tests.fuzz.targets.{name}")
    target: Target = module.make() if hasattr(module, "make") else module.TARGET
    return target


def _fuzz(name: str, runs: int, seed: int, found: str) -> None:
    import atheris

    with atheris.instrument_imports(include=_COVERED):
        target = load(name)
    watch = Watch(target, runs, getattr(target, "memory", None))
    Path(found).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        seeds = Path(folder, "seeds")
        seeds.mkdir()
        for number, data in enumerate(target.seeds):
            (seeds / f"{number:04}").write_bytes(data)
        words = Path(folder, "words")
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words))
        told = [
            f"-atheris_runs={runs}", f"-seed={seed}", f"-max_len={_BYTES_MAX}", f"-timeout={_SECONDS_MAX}",
            "-rss_limit_mb=1024", "-verbosity=0", "-print_final_stats=0", "-len_control=0",
            f"-artifact_prefix={found}{name.rpartition('.')[2]}-", f"-dict={words}", str(seeds),
        ]  # fmt: skip
        atheris.Setup([sys.argv[0], *told], watch.one)
        atheris.Fuzz()


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word)


if __name__ == "__main__":
    main()
