"""The environment without the bootloader's variables, so that what is started from here loads the machine's libraries.

The one file's bootloader puts its own folder into LD_LIBRARY_PATH; a `systemctl` or `openssl` that inherits it loads
our libraries in the place of its own. `frozen` takes them out before anything is started, `workers` puts them back for
a process of this very program.
"""

import sys
from collections.abc import Mapping, MutableMapping

_LIBRARIES = "LD_LIBRARY_PATH"  # read by ld.so(8) at the start of a process alone: to take it out changes nothing here
_BEFORE = "LD_LIBRARY_PATH_ORIG"  # what a person had set
_FILE, _FOLDER, _LEVEL = "_PYI_ARCHIVE_FILE", "_PYI_APPLICATION_HOME_DIR", "_PYI_PARENT_PROCESS_LEVEL"
_NAME = "_PYI_LINUX_PROCESS_NAME"
_SERVED_ALREADY = "1"  # PYI_PROCESS_LEVEL_MAIN of PyInstaller's pyi_main.h: its child unpacks nothing


def take_out(environ: MutableMapping[str, str]) -> None:
    """Leave what a person set; our own file started with the rest unpacks itself anew, like any other program."""
    for name in (_LIBRARIES, _FILE, _FOLDER, _LEVEL, _NAME):
        environ.pop(name, None)
    before = environ.pop(_BEFORE, None)
    if before is not None:
        environ[_LIBRARIES] = before


def put_back(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` for another process of this program, which then lives from what this one has unpacked."""
    if not getattr(sys, "frozen", False):
        return dict(environ)
    contents = str(getattr(sys, "_MEIPASS", ""))
    before = environ.get(_LIBRARIES)
    libraries = {_LIBRARIES: contents} if before is None else {_LIBRARIES: f"{contents}:{before}", _BEFORE: before}
    return {**environ, **libraries, _FILE: sys.executable, _FOLDER: contents, _LEVEL: _SERVED_ALREADY}
