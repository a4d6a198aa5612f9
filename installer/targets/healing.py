"""What a start asks before it starts anything: is there an upgrade that was cut off?

A power cut leaves no process that could end it, and the new version may be one that cannot. So whoever starts the
server looks for the link `healer`, which is there while an upgrade is under way and leads to the version before. While
an upgrade is at work it holds its lock, and nothing is to be healed; flock(1) sees that without starting a program.
"""

from installer import layout as places

_LOCK = ".upgrade.lock"


def before_start(prefix: str) -> str:
    """Shell, whose exit code forbids the start; `prefix` is a word of the shell's, quoted."""
    return (
        f"[ ! -e {prefix}/{places.HEALER} ] || {{ command -v flock >/dev/null && ! flock -n {prefix}/{_LOCK} true; }} "
        f"|| {_program(prefix)} --prefix {prefix}"
    )


def after_start(prefix: str) -> str:
    """Shell, which ends once the server is ready, or has ended where that is its parent (`start.sh`)."""
    return f"[ ! -e {prefix}/{places.HEALER} ] || exec {_program(prefix)} --ready --prefix {prefix}"


def _program(prefix: str) -> str:
    return f"{prefix}/{places.HEALER}/{places.PROGRAM} heal"
