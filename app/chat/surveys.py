"""Whether a visitor is asked to rate what was just resolved: the inbox's policy, and what no inbox may do."""

from app.model.conversations import Conversation
from app.model.principals import Agent, Principal
from app.model.widget import SurveyTag
from app.settings import Limits
from app.storage import channels, inboxes, rating_requests
from app.storage.database import Transaction
from app.storage.rating_requests import RatingRequest
from app.storage.replies import answered

TAGS = frozenset({"fast", "clear", "friendly", "unsolved"})  # the product's own, worded by the screens

# Why a conversation was closed where there is nothing to be judged, or nobody who would want to be asked.
NEVER_ASKED = frozenset({"spam", "merged", "blocked", "inactive", "no_agent", "visitor_left"})

_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000


def request(
    tx: Transaction, principal: Principal, head: Conversation, reason: str, at: int, limits: Limits
) -> RatingRequest | None:
    """What is asked of the visitor of a conversation that is being resolved at `at` (ms); None: nothing.

    An agent resolves it, and one has answered; the inbox asks; its visitor was not asked within
    `rating_request_hours`. What ends by itself is not rated.
    """
    if not isinstance(principal, Agent) or reason in NEVER_ASKED:
        return None
    inbox = inboxes.by_id(tx, head.inbox_id)
    if inbox is None or not inbox.widget.survey.ask or not answered(tx, head.id):
        return None
    if channels.of(tx, head.id) is not None:  # the question stands in the widget, and he is somewhere else
        return None
    last = rating_requests.last_of(tx, head.contact_id)
    if last is not None and at - last < limits.rating_request_hours * _HOUR_MS:
        return None
    shown_from = at + inbox.widget.survey.wait_minutes * _MINUTE_MS
    return RatingRequest(head.id, head.contact_id, head.inbox_id, at, shown_from)


def tags_of(tx: Transaction, inbox_id: str) -> frozenset[str]:
    """The tags that visitors of an inbox may choose: its own ones by name, else the product's."""
    inbox = inboxes.by_id(tx, inbox_id)
    own = () if inbox is None else inbox.widget.survey.tags
    return frozenset(tag_name(tag) for tag in own) or TAGS


def tag_name(tag: SurveyTag) -> str:
    """What a tag is kept as: its English words, else its Chinese ones."""
    return tag.en or tag.zh
