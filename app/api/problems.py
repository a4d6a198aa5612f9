"""Every refusal that a route can raise as an answer, and the refusals of HTTP itself."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.api.call import trace_of
from app.gateway.refusals import NotThisWay, render_refusal
from app.model.errors import Invalid, Problem, TooLarge, Unsupported, not_found


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


async def on_problem(request: Request, problem: Exception) -> Response:
    """A `Problem` that a room raised."""
    assert isinstance(problem, Problem)
    trace = trace_of(request.scope)
    answer = refuse(problem, trace.language, trace.request_id)
    if "/uploads" in trace.route:
        answer.headers["tus-resumable"] = "1.0.0"  # the protocol wants it on every answer
    return answer


async def on_recursion(request: Request, _: Exception) -> Response:
    """JSON nested beyond what any of our Structs needs."""
    trace = trace_of(request.scope)
    return refuse(too_deep(), trace.language, trace.request_id)


async def on_http(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such path."""
    trace = trace_of(request.scope)
    status = error.status_code if isinstance(error, HTTPException) else 400
    return refuse(not_found() if status == 404 else malformed(str(error)), trace.language, trace.request_id)


def malformed(reason: str) -> Invalid:
    """A body, query or header that does not fit its Struct; `reason` is msgspec's, with the path of the field."""
    return Invalid(
        "malformed",
        f"The request does not fit what this address takes: {reason}. Compare it with /api/openapi.json.",
        f"请求与该地址要求的格式不符：{reason}。请对照 /api/openapi.json 修改。",
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
