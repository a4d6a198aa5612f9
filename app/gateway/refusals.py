"""How a refusal is worded over HTTP (RFC 9457), by the front and by the API alike."""

import math

import msgspec
from msgspec import Struct

from app.gateway.pages import DATA
from app.model.errors import Invalid, Problem, Unavailable

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    400: ("The request is not right", "请求有误"),
    401: ("Not signed in", "未登录"),
    403: ("Not allowed", "无权执行"),
    404: ("Nothing here", "未找到"),
    405: ("Not this way", "方法不适用"),
    408: ("Too slow", "请求超时"),
    409: ("Something else came first", "内容已有变化"),
    412: ("Not this way", "协议版本不支持"),
    413: ("Too large", "内容过大"),
    415: ("Not this kind", "类型不支持"),
    426: ("Not this way", "协议不适用"),
    429: ("Too many at once", "操作过于频繁"),
    431: ("Too large", "请求头过大"),
    500: ("Our mistake", "服务器出错"),
    502: ("No answer from within", "内部无响应"),
    503: ("Not able to right now", "暂时无法处理"),
    507: ("No room", "空间不足"),
}


class Refusal(Struct, frozen=True, omit_defaults=True):
    """The body of every answer that is not a success; `detail` says what to do next, `field` where in the request."""

    code: str
    title: str
    detail: str
    status: int
    request_id: str
    retry_after_ms: int | None = None
    field: str = ""


class Internal(Unavailable):
    """Something of our own broke; its cause stands in the log under the request id."""

    status = 500


def render_refusal(problem: Problem, language: str, request_id: str) -> tuple[dict[str, str], bytes]:
    """Header fields and body of a refusal in the reader's language."""
    english, chinese = _TITLES.get(problem.status, _TITLES[400])
    title = chinese if language == "zh" else english
    text, wait = problem.text(language), problem.retry_after_ms
    refusal = Refusal(problem.code, title, text, problem.status, request_id, wait, problem.field)
    fields = {
        "content-type": MEDIA_TYPE,
        "content-language": language,
        "cache-control": "no-store",
        **DATA,
    }
    if problem.retry_after_ms is not None:
        fields["retry-after"] = str(math.ceil(problem.retry_after_ms / 1_000))
    return fields, msgspec.json.encode(refusal)


def internal(request_id: str) -> Internal:
    """What a person is told of a defect: the number under which the log names its cause."""
    return Internal(
        "internal",
        f"The server made a mistake. Try again; if it stays, give your administrator the number {request_id}.",
        f"服务器出错。请重试；若仍出现，请把编号 {request_id} 告知管理员。",
    )


class NotThisWay(Invalid):
    """The address is there, but not for this method or protocol; `fields` say what it takes."""

    def __init__(self, status: int, fields: dict[str, str]) -> None:
        super().__init__(
            "not_this_way",
            "This address does not take this kind of request. See /api/openapi.json for what it does.",
            "该地址不支持此类请求。用法请见 /api/openapi.json。",
        )
        self.status = status
        self.fields = fields


class Elsewhere(NotThisWay):
    """What was asked for has another address; browsers follow by themselves (RFC 9110 §15.4.9)."""

    def __init__(self, location: str) -> None:
        super().__init__(308, {"location": location, "cache-control": "no-cache"})


class ForReader(NotThisWay):
    """What was asked for is told in several languages; this is the page in the reader's (RFC 9110 §15.4.3)."""

    def __init__(self, location: str) -> None:
        super().__init__(302, {"location": location, "cache-control": "no-store", "vary": "accept-language"})


class NoAnswer(Unavailable):
    """Nothing came back from our own HTTP server."""

    status = 502


class TooLate(Invalid):
    """The client was too slow."""

    status = 408


def only_to_read() -> Problem:
    """What is there is only to be read."""
    return NotThisWay(405, {"allow": "GET, HEAD"})


def too_many_downloads() -> Unavailable:
    """`downloads_max` are running."""
    return Unavailable(
        "too_many_downloads",
        "Many files are being downloaded right now. Try again in a few seconds.",
        "当前下载过多。请几秒后重试。",
        retry_after_ms=3_000,
    )


def head_too_late() -> TooLate:
    """The head took longer than `head_seconds_max`."""
    return TooLate(
        "head_too_late",
        "The request did not arrive in time. Check the connection and try again.",
        "请求未能及时到达。请检查网络后重试。",
    )


def no_answer() -> NoAnswer:
    """Our HTTP server closed the stream before it answered."""
    return NoAnswer(
        "no_answer",
        "The server did not answer this request. Try again.",
        "服务器没有回应该请求。请重试。",
        retry_after_ms=1_000,
    )
