"""Documents that are made to do harm, as CWE-776, CWE-611 and CVE-2023-52425 describe them."""

from itertools import pairwise

_ENTITIES = "abcdefghij"


def billion_laughs() -> bytes:
    """Ten entities, each ten times the one before."""
    declared = '<!ENTITY a "lol">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(_ENTITIES)
    )
    return f'<?xml version="1.0"?><!DOCTYPE lolz [{declared}]><lolz>&j;</lolz>'.encode()


def quadratic() -> bytes:
    """One large entity, named many times."""
    return b'<!DOCTYPE a [<!ENTITY x "' + b"x" * 50_000 + b'">]><a>' + b"&x;" * 50_000 + b"</a>"


def external_entity(path: str = "/etc/passwd") -> bytes:
    return f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{path}">]><a>&x;</a>'.encode()


def external_dtd() -> bytes:
    return b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/evil.dtd"><a>text</a>'


def parameter_entity() -> bytes:
    return b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/evil"> %x;]><a/>'


def late_doctype() -> bytes:
    """After comments and instructions that hide it."""
    return b"\xef\xbb\xbf<?xml version='1.0'?><!-- <a> --><?x y?>\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>"


DOCTYPES = {
    one.__name__: one()
    for one in (billion_laughs, quadratic, external_entity, external_dtd, parameter_entity, late_doctype)
}


def nested(depth: int) -> bytes:
    return b"<a>" * depth + b"</a>" * depth
