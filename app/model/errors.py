"""Everything the product refuses, as one tree.

    Problem                       a refusal that a person can act on: code, HTTP status, text in both languages
    ├── Invalid          400      the request is malformed or a value is out of range
    ├── Unauthenticated  401      nobody, or no longer anybody
    ├── Forbidden        403      somebody, but not for this
    ├── NotFound         404      absent, or not yours: the answer is the same
    ├── Conflict         409      same key with another body; state moved on; a stale draft
    ├── TooLarge         413      over a named limit
    ├── Unsupported      415      a file type that is not allowed
    ├── TooMany          429      slow down; `retry_after_ms`
    │   └── TooFast      429      so fast that the line is closed (1008); `retry_after_ms`
    └── Unavailable      503      full disk, shutting down, queue full; `retry_after_ms`
    Defect                        a broken promise of our own; never shown to a person but as a request id

Rooms raise them; `api/problems.py` turns them into `application/problem+json`, `gateway` into an `error` frame.
Each text says what to do next.
"""


class Problem(Exception):
    """A refusal that a person can act on. `final`: the same asked again is refused again.

    `field` names what of the request is to be changed, as the request calls it; empty for nothing in particular.
    """

    status = 400
    final = False

    def __init__(self, code: str, en: str, zh: str, *, retry_after_ms: int | None = None, field: str = "") -> None:
        super().__init__(f"{code}: {en}")
        self.code = code
        self.en = en
        self.zh = zh
        self.retry_after_ms = retry_after_ms
        self.field = field

    def text(self, language: str) -> str:
        """The text in the reader's language: `zh…` gets Chinese, every other English."""
        return self.zh if language.lower().startswith("zh") else self.en


class Invalid(Problem):
    status = 400
    final = True


class Unauthenticated(Problem):
    status = 401


class Forbidden(Problem):
    status = 403
    final = True


class NotFound(Problem):
    status = 404
    final = True


class Conflict(Problem):
    status = 409


class TooLarge(Problem):
    status = 413
    final = True


class Unsupported(Problem):
    status = 415
    final = True


class TooMany(Problem):
    status = 429


class TooFast(TooMany):
    pass


class Unavailable(Problem):
    status = 503


class Defect(Exception):
    """A broken promise of our own code."""


def not_found() -> NotFound:
    """The one answer for "absent" and "not yours"."""
    return NotFound(
        "not_found",
        "There is nothing here, or it is not yours to see. Go back and open it from a list.",
        "这里没有内容，或者你无权查看。请返回列表重新打开。",
    )


def unauthenticated() -> Unauthenticated:
    """Nobody is signed in."""
    return Unauthenticated(
        "unauthenticated",
        "You are not signed in, or the session has ended. Sign in again.",
        "你尚未登录，或登录已失效。请重新登录。",
    )


def forbidden() -> Forbidden:
    """Signed in, but without the right."""
    return Forbidden(
        "forbidden",
        "Your role does not allow this. Ask an administrator for the permission.",
        "你的角色无权执行此操作。请联系管理员开通权限。",
    )
