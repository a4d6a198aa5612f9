"""Mails as they come, broken ones too: an answer for each, and never an exception."""
# ruff: noqa: E501 - mails stand here as they come

from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.parse import read

HEAD = b"From: Ben <Ben@Example.com>\r\nTo: support@shop.example\r\nMessage-ID: <1@example.com>\r\nSubject: Hi\r\n"


def test_a_common_mail() -> None:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "本 <ben@example.com>"
    mail["To"] = "Support <support@shop.example>, other@example.com"
    mail["Cc"] = "cc@example.com"
    mail["Reply-To"] = "answers@example.com"
    mail["Subject"] = "订单 1042 在哪里？"
    mail["Message-ID"] = "<1@example.com>"
    mail["In-Reply-To"] = "<0@shop.example>"
    mail["References"] = "<a@shop.example> <0@shop.example>"
    mail["Date"] = "Tue, 24 Nov 2026 10:12:00 +0100"
    mail.set_content("你好\n")
    mail.add_attachment(b"%PDF-1.4 x", maintype="application", subtype="pdf", filename="账单.pdf")
    found = read(mail.as_bytes())

    assert (found.sender.name, found.sender.address, found.answer_to) == (
        "本", "ben@example.com", "answers@example.com",
    )  # fmt: skip
    assert [one.address for one in found.recipients] == ["support@shop.example", "other@example.com"]
    assert [one.address for one in found.copies] == ["cc@example.com"]
    assert (found.subject, found.text, found.header_id) == ("订单 1042 在哪里？", "你好", "<1@example.com>")
    assert found.references == ("<0@shop.example>", "<a@shop.example>")
    assert [(file.name, file.content) for file in found.files] == [("账单.pdf", b"%PDF-1.4 x")]
    assert (found.machine, found.bounce, found.at) == ("", None, 1_795_511_520_000)


@pytest.mark.parametrize(
    ("charset", "raw"),
    [
        ("gb2312", "镕基订单".encode("gb18030")),
        ("GBK", "订单".encode("gbk")),
        ("GB18030", "订单𠀀".encode("gb18030")),
        ("big5", "訂單".encode("big5")),
        ("utf-8", "订单".encode()),
        ("", "订单".encode()),
        ("no-such-charset", "订单".encode("gb18030")),
        ("us-ascii", "订单".encode()),
    ],
)
def test_charsets_said_and_unsaid(charset: str, raw: bytes) -> None:
    kind = f'; charset="{charset}"' if charset else ""
    found = read(HEAD + f"Content-Type: text/plain{kind}\r\n\r\n".encode() + raw)
    assert found.text in ("镕基订单", "订单", "订单𠀀", "訂單")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_headings_that_are_not_ascii(encoding: str) -> None:
    found = read(
        b"From: =?GBK?B?" + b"1cXI/Q==" + b"?= <a@b.example>\r\nSubject: " + "订单问题".encode(encoding) + b"\r\n\r\nx"
    )
    assert (found.subject, found.sender.name) == ("订单问题", "张三")


@pytest.mark.parametrize(
    ("heading", "machine"),
    [
        (b"Auto-Submitted: auto-replied", True),
        (b"Auto-Submitted: AUTO-GENERATED; owner-email=x", True),
        (b"Auto-Submitted: no", False),
        (b"Precedence: bulk", True),
        (b"Precedence: list", False),
        (b"X-Autoreply: yes", True),
        (b"Return-Path: <>", True),
        (b"Return-Path: <ben@example.com>", False),
        (b"X-Mailer: Foxmail", False),
    ],
)
def test_who_wrote_it_a_person_or_a_machine(heading: bytes, machine: bool) -> None:
    assert bool(read(HEAD + heading + b"\r\n\r\nx").machine) is machine


def test_a_report_that_a_mail_did_not_arrive() -> None:
    report = (
        b"From: Mail Delivery System <MAILER-DAEMON@mx.example>\r\nTo: support@shop.example\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\nMessage-ID: <r@mx.example>\r\n\r\n'
        b"--B\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        b"--B\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        b"Final-Recipient: rfc822; ben@example.com\r\nAction: %s\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n\r\n"
        b"--B\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <ours@shop.example>\r\nSubject: Re: Hi\r\n\r\n--B--\r\n"
    )
    found = read(report % b"failed").bounce
    assert found is not None
    assert (found.header_id, found.recipient, found.reason) == (
        "<ours@shop.example>", "ben@example.com", "550 5.1.1 no such user",
    )  # fmt: skip
    assert read(report % b"delayed").bounce is None
    assert read(report % b"failed").machine


def nested(depth: int) -> bytes:
    boundaries = [f"b{number}" for number in range(depth)]
    opened = b"".join(
        f"Content-Type: multipart/mixed; boundary={one}\r\n\r\n--{one}\r\n".encode() for one in boundaries
    )
    return HEAD + opened + b"Content-Type: text/plain\r\n\r\ndeep\r\n"


HOSTILE = {
    "nothing": b"",
    "no heading": b"\r\nhello",
    "one line": b"hello",
    "nul": HEAD + b"\r\n\0\0hello\0",
    "nested 1000 deep": nested(1_000),
    "nested 50 deep": nested(50),
    "mails in mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 1_000,
    "comments in an address": b"From: " + b"(" * 5_000 + b" <a@b.example>\r\n\r\nx",
    "many addresses": b"From: a@b.example\r\nTo: " + b"a@b.example, " * 50_000 + b"\r\n\r\nx",
    "a long subject": b"Subject: " + b"=?utf-8?B?" + b"QUFB" * 100_000 + b"?=\r\n\r\nx",
    "broken encoded words": b"Subject: =?utf-8?B?====?= =?x?q?=?= =?utf-8?Z?a?=\r\nFrom: =?utf-8?b?!!!?= <a@b.example>\r\n\r\nx",
    "folding for ever": b"Subject: a\r\n" + b" b\r\n" * 100_000 + b"\r\nx",
    "no boundary": HEAD + b"Content-Type: multipart/mixed\r\n\r\n--x\r\n",
    "an empty boundary": HEAD + b'Content-Type: multipart/mixed; boundary=""\r\n\r\n----\r\n',
    "a boundary that never closes": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhello",
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!!not base64====",
    "broken quoted printable": HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n=ZZ=\r\n=",
    "uuencode": HEAD + b"Content-Transfer-Encoding: uuencode\r\n\r\nbegin 644 x\r\nnonsense\r\n",
    "a bad type": HEAD + b"Content-Type: ;;;\r\n\r\nhello",
    "a charset of control characters": HEAD + b'Content-Type: text/plain; charset="\x00\x01"\r\n\r\nhello',
    "a name of directories": HEAD + b'Content-Disposition: attachment; filename="../../etc/passwd"\r\n\r\nx',
    "a name in pieces": HEAD + b"Content-Disposition: attachment; filename*0*=utf-8''%E4%BD; filename*9999999999=x\r\n\r\nx",
    "a date of nowhere": HEAD + b"Date: Tue, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
    "a Message-ID of two lines": b"From: a@b.example\r\nMessage-ID: <a\r\n b@c>\r\n\r\nx",
    "a report of nothing": HEAD + b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n--x--",
    "many parts": HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 20_000 + b"--x--",
    "many lines": HEAD + b"\r\n" + b"\n" * 700_000,
    "html without end": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div" * 200_000,
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_comes_an_answer(name: str) -> None:
    found = read(HOSTILE[name])
    assert found.header_id.startswith("<") and found.header_id.endswith(">")
    assert "\n" not in found.subject and len(found.text) <= 60_000
    assert read(HOSTILE[name]).header_id == found.header_id, "the same mail has the same name"


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=600),
    st.sampled_from([b"", HEAD, HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"]),
)
def test_bytes_of_any_kind(noise: bytes, before: bytes) -> None:
    read(before + noise)


def test_a_mail_of_several_texts_and_files() -> None:
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nabove\r\n"
        b"--x\r\nContent-Type: image/png; name=a.png\r\nContent-Disposition: inline; filename=a.png\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--x\r\nContent-Type: text/plain\r\n\r\nbelow\r\n"
        b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: within\r\n\r\nof no concern\r\n--x--\r\n"
    )
    found = read(raw)
    assert found.text == "above\nbelow"
    assert [file.name for file in found.files] == ["a.png"]
