"""The answer that is a file: authorised by the core, sent from the disk to the socket without passing through us."""

import asyncio
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from app.gateway.core import FileGrant, Peer
from app.gateway.download import Patience, Stalled, choose_part, describe, pieces, send_file
from app.gateway.http1 import Head
from app.gateway.slow_readers import Outflow
from app.model.errors import Problem, not_found
from app.telemetry.log import logger

if TYPE_CHECKING:
    from app.gateway.front import Front

_log = logger("gateway")


class Side(Protocol):
    """The client's connection, as its file sees it."""

    @property
    def gone(self) -> bool:
        """Whether nobody is there any more."""
        ...

    @property
    def transport(self) -> asyncio.Transport: ...

    @property
    def outflow(self) -> Outflow: ...

    def head_of_answer(self, status: int, fields: Mapping[str, str]) -> bytes:
        """The head of an answer on this connection."""
        ...

    def answer_problem(self, head: Head, problem: Problem) -> None:
        """Answer with a refusal."""
        ...

    def answer_defect(self, head: Head) -> None:
        """Answer that something of ours is broken, and log the exception that is being handled."""
        ...

    def answered(self) -> None:
        """The answer is whole."""
        ...

    def abort(self) -> None:
        """The answer came short: the client must not take it for whole."""
        ...


async def answer_file(front: "Front", side: Side, head: Head, peer: Peer, file_id: str) -> None:
    """Answer `head` with the file, as far as `peer` may have it; never raises but when cancelled."""
    try:
        front.downloads.enter()
    except Problem as problem:
        side.answer_problem(head, problem)
        return
    try:
        grant = await front.core.file(peer, file_id)
        file = os.open(grant.path, os.O_RDONLY | os.O_CLOEXEC)
    except Problem as problem:
        side.answer_problem(head, problem)
    except FileNotFoundError:
        side.answer_problem(head, not_found())
    except Exception:  # noqa: BLE001 - the client gets an answer, the log the cause
        side.answer_defect(head)
    else:
        try:
            await _send_part(front, side, head, grant, file)
        except (Stalled, OSError) as error:
            _log.info("a download ended early", extra={"reason": repr(error)})
            side.abort()
        finally:
            os.close(file)
    finally:
        front.downloads.leave()


async def _send_part(front: "Front", side: Side, head: Head, grant: FileGrant, file: int) -> None:
    if side.gone:
        return
    part = choose_part(grant, head.method, head.get)
    answer = side.head_of_answer(part.status, describe(grant, part))
    if head.method == "HEAD" or part.length == 0:
        side.transport.write(answer)
    elif side.transport.get_extra_info("ssl_object") is not None:
        side.transport.write(answer)
        async for piece in pieces(file, part):
            side.transport.write(piece)
            await side.outflow.taken()
    else:
        limits = front.limits
        await side.outflow.flush(limits.download_stall_seconds_max)
        patience = Patience(limits.download_stall_seconds_max, limits.answer_bytes_per_second_min)
        await send_file(side.transport, answer, file, part, patience)
    side.answered()
