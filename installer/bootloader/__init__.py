"""PyInstaller's bootloader with our patch: the C that runs before Python does, in the one file and in its launcher.

Owns the patch (`hooks.patch`, the few places where PyInstaller's code calls ours; `monodesk.c`, ours) and its build,
kept below `~/.cache/monodesk`. Build time only: called by `make binary` and by tests, not packed. The patch lies here
and not in `.ci/` because it is part of the product. It is under PyInstaller's own licence, GPL-2.0-or-later with the
exception that lets the built bootloader be part of a program under any.
"""
