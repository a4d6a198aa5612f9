"""`python -m app`, and the module behind the frozen file."""

import sys

from app.storage.library import install

install()  # before anything imports sqlite3

from app.cli import main  # noqa: E402 - the library's place must be taken first

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
