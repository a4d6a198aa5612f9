"""Standard output whose reader has gone (`monodesk … | head -1`): the command ends without a word.

A broken pipe of anything else, the control socket's for one, stays the error that it is: it is asked of the two streams
themselves whether somebody still reads them.
"""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

CUT = 141  # as a shell tells of a program that SIGPIPE (13) has ended: 128 + 13


class OutputCut(Exception):
    """Nobody reads what the command still had to say."""


@contextmanager
def to_its_reader() -> Iterator[None]:
    """Run a command whose output may be cut; raises `OutputCut` where it was, any other broken pipe as it is."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not hush():
            raise
        raise OutputCut from None


def hush() -> bool:
    """Whether somebody has stopped reading; what is still written there goes nowhere from now on."""
    gone = [stream for stream in (sys.stdout, sys.stderr) if not is_read(stream)]
    for stream in gone:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    return bool(gone)


def is_read(stream: TextIO) -> bool:
    """Whether a stream still has a reader; true for files and terminals."""
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # one that lives in memory
        return True
    look = select.poll()
    look.register(number, 0)
    return not any(event & (select.POLLERR | select.POLLNVAL) for _, event in look.poll(0))
