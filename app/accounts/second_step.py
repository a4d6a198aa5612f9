"""The codes of the second step, inside a transaction: which are accepted, and that each is good once."""

import unicodedata
from collections.abc import Sequence

from app.accounts import totp
from app.model.ids import Ids, digest
from app.storage import two_step
from app.storage.database import Transaction

RECOVERY_CODES = 10
_RECOVERY_CHARACTERS = 16  # of base 32: 80 random bits, so that SHA-256 at rest cannot be guessed back
_GROUP = 4
_ALIKE = str.maketrans("ilo", "110")  # Crockford's base 32 has none of them


def accept(tx: Transaction, agent_id: str, code: str, now_ms: int) -> bool:
    """Use up a code of the app or a recovery code; False for one that is wrong, used, or of nobody."""
    held = two_step.held(tx, agent_id)
    if held is None:
        return False
    tidy = tidy_code(code)
    if len(tidy) == _RECOVERY_CHARACTERS:
        return two_step.use_code(tx, agent_id, digest(tidy.translate(_ALIKE)))
    step = totp.accepted_step(held.secret, tidy, now_ms, held.step)
    if step is None:
        return False
    two_step.used(tx, agent_id, step)
    return True


def tidy_code(code: str) -> str:
    """A code as it is compared: without what people and input methods put in (spaces, hyphens, full-width digits)."""
    return "".join(each for each in unicodedata.normalize("NFKC", code).lower() if each.isalnum())


def recovery_codes(ids: Ids) -> tuple[str, ...]:
    """New recovery codes as they are shown, in groups of four."""
    codes = (ids.code(_RECOVERY_CHARACTERS) for _ in range(RECOVERY_CODES))
    return tuple("-".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP)) for code in codes)


def digests(codes: Sequence[str]) -> list[str]:
    """How recovery codes are kept."""
    return [digest(tidy_code(code)) for code in codes]
