"""What starts the server where nobody is root: one script beside the program."""

import shlex

from installer.layout import Layout
from installer.targets import healing

SCRIPT = "start.sh"
_HERE = '"$here"'


def script(layout: Layout) -> str:
    """The script; what follows its name goes to `monodesk serve`. It finds its own folder, so that may be moved."""
    inside = layout.data.is_relative_to(layout.prefix)
    data = (
        f'"$here"/{shlex.quote(str(layout.data.relative_to(layout.prefix)))}'
        if inside
        else shlex.quote(str(layout.data))
    )
    return "\n".join(
        (
            "#!/bin/sh",
            "# Starts Monodesk in this terminal; Ctrl-C stops it. Written by `monodesk install`.",
            'here=$(CDPATH="" cd -- "$(dirname -- "$0")" && pwd) || exit 1',
            "# An upgrade that was cut off, by a power cut for instance, is ended first.",
            f"{healing.before_start(_HERE)} || exit 1",
            f"{{ {healing.after_start(_HERE)}; }} &",
            f'exec "$here"/current/monodesk serve --data {data} "$@"',
            "",
        )
    )
