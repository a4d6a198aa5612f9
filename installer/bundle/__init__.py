"""How the one file is made: its Python, its clean environment, what is in it and under which licences.

Owns `make binary` up to `build.spec`, and the trees, the Python and the environments below `~/.cache/monodesk`. Called
by the Makefile, by `build.spec` and by tests; the product never imports it, and it is not packed. It lies here and not
in `.ci/` so that mypy, ruff and the scanners read it like everything else.
"""
