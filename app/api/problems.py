"""Every refusal that a route can raise as an answer, and the refusals of HTTP itself."""

import re

from starlette.responses import Response

from app.api.call import Trace
from app.gateway.refusals import NotThisWay, render_refusal
from app.model.errors import Invalid, Problem, TooLarge, Unsupported

_FIELD = re.compile(r"`\$\.([a-z_]+)")  # as msgspec names where it is, the outermost alone


class MethodNotAllowed(Problem):
    """The path is there, but not for this method."""

    status = 405

    def __init__(self, allow: str) -> None:
        super().__init__(
            "method_not_allowed",
            f"This address takes {allow}. See /api/openapi.json for what it does.",
            f"该地址仅支持 {allow}。用法请见 /api/openapi.json。",
        )
        self.allow = allow


def refuse(problem: Problem, language: str, request_id: str) -> Response:
    """The answer that carries a refusal."""
    fields, body = render_refusal(problem, language, request_id)
    if isinstance(problem, MethodNotAllowed):
        fields["allow"] = problem.allow
    if isinstance(problem, NotThisWay):
        fields |= problem.fields
    return Response(body, problem.status, fields)


def refusal_of(error: Exception) -> Problem | None:
    """What a client is told of what was raised: a room's `Problem`, JSON nested too deeply. None for a defect."""
    if isinstance(error, Problem):
        return error
    return too_deep() if isinstance(error, RecursionError) else None


def answer_to(problem: Problem, trace: Trace) -> Response:
    """A refusal as the answer to this request."""
    answer = refuse(problem, trace.language, trace.request_id)
    if "/uploads" in trace.route:
        answer.headers["tus-resumable"] = "1.0.0"  # the protocol wants it on every answer
    return answer


def malformed(reason: str) -> Invalid:
    """A body, query or header that does not fit its Struct; `reason` is msgspec's, with the path of the field."""
    return Invalid(
        "malformed",
        f"The request does not fit what this address takes: {reason}. Compare it with /api/openapi.json.",
        f"请求与该地址要求的格式不符：{reason}。请对照 /api/openapi.json 修改。",
        field=found[1] if (found := _FIELD.search(reason)) else "",
    )


def too_deep() -> Invalid:
    """Nesting deeper than any request needs."""
    return Invalid(
        "too_deep",
        "The JSON is nested too deeply. Send a flat object as /api/openapi.json describes it.",
        "JSON 嵌套过深。请按 /api/openapi.json 发送扁平的对象。",
    )


def too_large(bytes_max: int) -> TooLarge:
    """A body over its route's cap."""
    shown = f"{bytes_max // 1_048_576} MB" if bytes_max >= 1_048_576 else f"{bytes_max // 1024} KB"
    return TooLarge(
        "body_too_large",
        f"This is larger than the {shown} allowed here. Make it smaller and send it again.",
        f"内容超过此处允许的 {shown}。请缩小后重新发送。",
    )


def not_json() -> Unsupported:
    """A body that does not say that it is JSON."""
    return Unsupported(
        "not_json",
        "Send the body as JSON with the header Content-Type: application/json.",
        "请以 JSON 发送内容，并带上请求头 Content-Type: application/json。",
    )
