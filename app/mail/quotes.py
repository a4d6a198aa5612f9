"""What of a mail is new: the text before the mail that it answers, and before the signature. Pure.

Mail programs mark what they quote in a dozen ways; where what is left would be nothing, all of it stays, for a customer
may write between the lines.
"""

import re

_LINES_MAX = 4_000  # of a mail, looked through for a quote
_HEAD_CHARACTERS_MAX = 600
_LINES_OF_HEAD = 4  # over so many lines a head like `On … wrote:` is broken
_WROTE = re.compile(
    r"(?:"
    r"(?:On|Am|Le|El|Il|Op|Den|W dniu)\b.{5,300}(?:wrote|schrieb.{0,100}|a écrit|escribió|ha scritto|schreef|skrev"
    r"|napisał\S*)"
    r"|(?:在|于)?\s*(?:\d{4}\s*[-年/.]).{3,250}(?:写道|寫道|写到)"
    r"|.{1,200}(?:于|於|在).{5,100}(?:写道|寫道|写到)"
    r")\s*[:：]\s*",
    re.DOTALL,
)
_SAID = ("wrote", "schrieb", "écrit", "escribió", "scritto", "schreef", "skrev", "napisał", "写道", "寫道", "写到")
_RULE = re.compile(
    r"\s*-{2,}\s*(?:Original(?: Message)?|Forwarded message|Original-Nachricht|Ursprüngliche Nachricht|原始邮件"
    r"|原始郵件|原邮件|转发邮件信息|回复的原邮件|Replied Message)\s*-{2,}\s*",
    re.IGNORECASE,
)
_HEAD_BEGINS = re.compile(r"\*?(?:From|Von|De|发件人|發件人|寄件者)\*?\s*[:：]")
_HEAD_GOES_ON = re.compile(
    r"\*?(?:Sent|Date|To|Subject|Gesendet|Datum|An|Betreff|Envoyé|发送时间|发送日期|日期|时间|收件人|主题|主旨)\*?\s*[:：]",
    re.IGNORECASE,
)
_UNDERSCORES = re.compile(r"_{20,}\s*")
_SIGNATURE = re.compile(r"--\s?")
_SENT_FROM = re.compile(
    r"(?:Sent from my |Get Outlook for |Von meinem .{1,40} gesendet|发自我的|發自我的|从我的.{1,20}发送|来自我的)"
    r".{0,60}",
    re.IGNORECASE,
)


def fresh(text: str) -> str:
    """The new part of a mail's text; all of it where none is left, or where the answer stands between the lines."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    end = _quoted_from(lines)
    kept = _without_signature(_without_tail_of_marks(lines[:end]))
    tidy = "\n".join(kept).strip("\n").rstrip()
    return tidy if tidy.strip() else text.strip()


def _quoted_from(lines: list[str]) -> int:
    """The number of the first line that is quoted; all of them where nothing is."""
    for number, line in enumerate(lines[:_LINES_MAX]):
        stripped = line.strip()
        if not stripped:
            continue
        if _RULE.fullmatch(stripped) or _is_head(lines, number):
            return number
        begins = _wrote(lines, number)
        if begins is not None and not _answered_between(lines, number):
            return begins
    return len(lines)


def _wrote(lines: list[str], number: int) -> int | None:
    """Where the `On … wrote:` begins that ends with this line: as near as it can, over a few lines at most."""
    end = lines[number].strip()
    if not end.endswith((":", "：")) or end.startswith(">"):
        return None
    joined = ""
    for begins in range(number, max(-1, number - _LINES_OF_HEAD), -1):
        line = lines[begins].strip()
        if not line or len(joined) + len(line) > _HEAD_CHARACTERS_MAX:
            return None
        joined = f"{line} {joined}" if joined else line
        if any(word in joined for word in _SAID) and _WROTE.fullmatch(joined):
            return begins
    return None


def _is_head(lines: list[str], number: int) -> bool:
    """Outlook's: a line of underscores, or `From:` with another of a mail's headings in the lines below it."""
    at = number
    if _UNDERSCORES.fullmatch(lines[at].strip()):
        at = next((n for n in range(at + 1, min(at + 3, len(lines))) if lines[n].strip()), at)
    if not _HEAD_BEGINS.match(lines[at].strip()):
        return False
    following = [line.strip() for line in lines[at + 1 : at + 6]]
    return sum(1 for line in following if _HEAD_GOES_ON.match(line)) >= 2


def _answered_between(lines: list[str], number: int) -> bool:
    """Below this head stand quoted lines, and own words between or below them."""
    below = lines[number + 1 :]
    marked = [place for place, line in enumerate(below) if line.lstrip().startswith(">")]
    if not marked or marked[0] > _LINES_OF_HEAD:
        return False
    own = [
        line for line in _without_signature(below[marked[0] :]) if line.strip() and not line.lstrip().startswith(">")
    ]
    return bool(own) and not all(_SENT_FROM.fullmatch(line.strip()) for line in own)


def _without_tail_of_marks(lines: list[str]) -> list[str]:
    """Without quoted lines at the end, which no head announces."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> list[str]:
    for number, line in enumerate(lines):
        if number and _SIGNATURE.fullmatch(line) and len(lines) - number <= 15:
            return lines[:number]
    end = len(lines)
    while end and (not lines[end - 1].strip() or _SENT_FROM.fullmatch(lines[end - 1].strip())):
        end -= 1
    return lines[:end] if end else lines
