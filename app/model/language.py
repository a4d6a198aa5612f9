"""Which of the two languages a reader wants (RFC 9110 §12.5.4)."""

_TAGS_MAX = 20


def reader_language(accept_language: str) -> str:
    """`zh` or `en`: the one that the header prefers; English where it names neither."""
    best, weight = "en", 0.0
    for part in accept_language.split(",")[:_TAGS_MAX]:
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        quality = _quality(parameter)
        if language in ("en", "zh") and quality > weight:
            best, weight = language, quality
    return best


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0
