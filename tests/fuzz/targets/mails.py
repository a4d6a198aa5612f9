"""Mails as anybody may send them: an answer for each, the same the next time, and nothing that is no text."""

from app.mail.parse import read
from tests.fuzz.watch import Fault


class Mails:
    seeds = (
        b"From: Ben <ben@example.com>\r\nMessage-ID: <1@example.com>\r\nSubject: Hi\r\n\r\nHello",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>a<br>b\r\n--x--",
        b"Subject: =?GBK?B?1cXI/Q==?=\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E4=BD=A0\r\n> old",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\na: b",
        b"From: a@b.example\r\nContent-Disposition: attachment; filename*=utf-8''%2e%2e%2fx\r\n\r\nx",
    )
    words = (
        b"\r\n", b"--x", b"boundary=", b"multipart/", b"message/rfc822", b"=?", b"?=", b"charset=", b"base64", b"<!--",
        b"wrote:", b"From:", b"\xff",
    )  # fmt: skip

    def close(self) -> None:
        pass

    def one(self, data: bytes) -> None:
        found = read(data)
        for text in (found.subject, found.sender.name, *(file.name for file in found.files)):
            if any(not one.isprintable() for one in text):
                raise Fault(f"{text!r} is not one line of text")
        if read(data).header_id != found.header_id:
            raise Fault("another name the second time")


TARGET = Mails()
