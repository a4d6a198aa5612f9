"""The entry of the frozen file, beside the real module, because no child can import PyInstaller's entry script."""

import os
import sys
from multiprocessing import freeze_support

from app.environment import take_out

if __name__ == "__main__":
    freeze_support()
    take_out(os.environ)

    from app.storage.library import install

    install()

    from app.cli import main

    sys.exit(main(sys.argv[1:]))
