"""How the gateway words a refusal where it answers itself: the same fields as the API's, RFC 9457."""

import math

import msgspec
from msgspec import Struct

from app.gateway.http1 import REASONS
from app.model.errors import Problem, Unavailable


class Refusal(Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success; `detail` says what to do next."""

    code: str
    title: str
    detail: str
    status: int
    request_id: str
    retry_after_ms: int | None = None


def render_refusal(problem: Problem, language: str, request_id: str) -> tuple[dict[str, str], bytes]:
    """Header fields and body of a refusal in the reader's language."""
    title = REASONS[problem.status]
    refusal = Refusal(problem.code, title, problem.text(language), problem.status, request_id, problem.retry_after_ms)
    body = msgspec.json.encode(refusal)
    fields = {
        "content-type": "application/problem+json",
        "content-language": language,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    if problem.retry_after_ms is not None:
        fields["retry-after"] = str(math.ceil(problem.retry_after_ms / 1_000))
    return fields, body


def internal(request_id: str) -> Unavailable:
    """Something of our own broke; its cause stands in the log under the request id."""
    return Unavailable(
        "internal",
        f"The server made a mistake. Try again; if it stays, give your administrator the number {request_id}.",
        f"服务器出错。请重试；若仍出现，请把编号 {request_id} 告知管理员。",
    )
