"""Sizes, spans and moments as people read them."""

from datetime import datetime

from app.commands.voice import Voice

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1_024
_SPANS = ((86_400, "d", "天"), (3_600, "h", "小时"), (60, "min", "分钟"), (1, "s", "秒"))


def size(amount: float) -> str:
    """A number of bytes."""
    unit = 0
    while amount >= _STEP and unit < len(_UNITS) - 1:
        amount, unit = amount / _STEP, unit + 1
    return f"{amount:.1f} {_UNITS[unit]}" if unit else f"{amount:.0f} {_UNITS[unit]}"


def span(seconds: float, voice: Voice) -> str:
    """A duration by its two largest units: `2 d 3 h`."""
    rest = round(max(seconds, 0))
    told: list[str] = []
    for length, en, zh in _SPANS:
        if rest >= length or (length == 1 and not told):
            told.append(f"{rest // length} {voice.pick(en, zh)}")
            rest %= length
        elif told:
            break
    return " ".join(told[:2])


def local(moment: str) -> str:
    """A moment of ISO 8601 on this machine's clock, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
