"""Fuzzing: bytes that a client might send, made up by atheris (libFuzzer), against the code that reads them.

Each file in `targets/` is one way in. `test_seeds.py` (quick) tries what each begins with, and that the watch over them
sees what it must; `test_fuzz.py` gives each 100,000 inputs in `make test-all`, always the same ones, and 1,000,000 new
ones in `make soak`. What fails is printed and kept under `.cache/fuzz/`, and is tried again by
`python -m tests.fuzz.run TARGET --replay FILE`. `test_openapi.py` lets schemathesis ask every route. Mended crashers
become plain tests of their room, or of `test_found.py`. `live/` is the running server itself: the same over real
connections, at `/ws` and at HTTP/2, a few in `make test-all` and a million in `make soak`.
"""
