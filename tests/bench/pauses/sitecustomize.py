"""Put before a server on PYTHONPATH: notes how long Python's collector stops each process, and says so at its end.

`PAUSES` names the folder for what is said; with `PAUSES_AS_PYTHON` the process keeps Python's own thresholds.
"""

import atexit
import gc
import json
import os
import time
from pathlib import Path
from typing import Literal

_pauses: list[float] = []
_began = [0.0]


def _note(phase: Literal["start", "stop"], told: dict[str, int]) -> None:
    if phase == "start":
        _began[0] = time.thread_time()
    else:
        _pauses.append(time.thread_time() - _began[0])


def _settled(*_: int) -> None:
    """What is measured begins when the server is warm: it settles its collector then."""
    _pauses.clear()
    if "PAUSES_AS_PYTHON" not in os.environ:
        _set(*_)


def _say() -> None:
    told = {"collections": len(_pauses), "longest": max(_pauses, default=0.0), "all": sum(_pauses)}
    Path(os.environ["PAUSES"], f"{os.getpid()}.json").write_text(json.dumps(told))


if "PAUSES" in os.environ:
    _set = gc.set_threshold
    gc.set_threshold = _settled
    if "PAUSES_AS_PYTHON" in os.environ:
        gc.freeze = lambda: None
    gc.callbacks.append(_note)
    atexit.register(_say)
