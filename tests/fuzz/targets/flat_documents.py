"""Forms, CSV and JSON lines as any system may send them, and what is found out of their first bytes."""

from app.adapters.errors import BadDocument
from app.adapters.formats import codecs
from app.adapters.formats.options import Format
from app.adapters.formats.records import Spoilt
from app.adapters.formats.sniff import sniff
from tests.adapters.formats.trees import fed
from tests.fuzz.line import pieces
from tests.fuzz.watch import Fault, demand_discretion

_FORMATS = (Format.CSV, Format.NDJSON, Format.FORM)  # chosen by the first byte, which is the size of pieces as well


class FlatDocuments:
    seeds = (
        b'\x03id,name\r\n1,"a ""b""\nc"\r\n2,\r\n',
        b"\x06\xef\xbb\xbfid;x\n1;2;3\n\"open;\n3;4", b"\x0ca\xd6\xd0,b\n1,2\r3",
        b"\x02a=1&b=%E4%B8%AD+x&a=2&c", b'\x04{"a":1}\n{"a":\n[2]\r\n\n"\xff"', b"\x00<!-- x --><!DOCTYPE html><html>",
        b"\x04i\x00d\x00,\x00x\x00", b"\x05\xff\xfei\x00,\x00a\x00\n\x00",
    )  # fmt: skip
    words = (
        b'"',
        b'""',
        b"\r\n",
        b"\r",
        b",",
        b";",
        b"\t",
        b"&",
        b"=",
        b"%",
        b"{}",
        b"<html",
        b"<!--",
        b"\xff\xfe",
        b"\x81",
    )

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        try:
            sniff("text/plain", data[1:])
        except BadDocument as problem:
            demand_discretion(problem.en)
        one = _FORMATS[data[0] % len(_FORMATS)] if data else Format.CSV
        whole, parts = _read(one, [data[1:]]), _read(one, list(pieces(data)))
        if whole != parts:
            raise Fault(f"{one}: whole {whole!r}, in pieces {parts!r}")


def _read(format: Format, chunks: list[bytes]) -> list[str] | None:  # noqa: A002
    try:
        found = fed(codecs.reader(format), chunks)
    except BadDocument as problem:
        demand_discretion(problem.en)
        return None
    for one in found:
        if isinstance(one, Spoilt):
            demand_discretion(one.problem.en)
    return [one.problem.code if isinstance(one, Spoilt) else repr(one) for one in found]


TARGET = FlatDocuments()
