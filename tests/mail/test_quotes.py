"""What is new in a mail, as a dozen mail programs write it, in English and Chinese."""
# ruff: noqa: E501 - mails stand here as they come

import pytest

from app.mail import html, quotes
from app.mail.parse import read

OLD = "Your order 1042 left us yesterday.\nKind regards\nHannah"
OLD_ZH = "您的订单 1042 已于昨天发出。\n祝好\n陈默"
MARKED = "\n".join(f"> {line}" for line in OLD.split("\n"))

PLAIN = {
    "gmail": f"Thanks, it came today.\n\nOn Tue, 24 Nov 2026 at 10:12, Hannah · Shop <support@shop.example> wrote:\n\n{MARKED}\n",
    "gmail, broken over lines": "Thanks, it came today.\n\nOn Tue, 24 Nov 2026 at 10:12, Hannah · Shop\n"
    f"<support+c01m3250v00j3z4vrg03gf5c4x5-abcdefghijklmnop@shop.example>\nwrote:\n\n{MARKED}\n",
    "gmail, Chinese": f"Thanks, it came today.\n\nHannah · Shop <support@shop.example> 于2026年11月24日周二 10:12写道：\n\n{MARKED}\n",
    "outlook": "Thanks, it came today.\n\n________________________________\nFrom: Hannah · Shop <support@shop.example>\n"
    f"Sent: Tuesday, November 24, 2026 10:12 AM\nTo: Ben <ben@example.com>\nSubject: Re: Order\n\n{OLD}\n",
    "outlook, classic": "Thanks, it came today.\n\n-----Original Message-----\nFrom: Hannah\nSent: Tuesday\nTo: Ben\n"
    f"Subject: Re: Order\n\n{OLD}\n",
    "outlook, Chinese": "Thanks, it came today.\n\n发件人: Hannah <support@shop.example>\n发送时间: 2026年11月24日 10:12\n"
    f"收件人: Ben <ben@example.com>\n主题: Re: Order\n\n{OLD_ZH}\n",
    "outlook, German": "Thanks, it came today.\n\nVon: Hannah <support@shop.example>\nGesendet: Dienstag, 24. November 2026\n"
    f"An: Ben\nBetreff: AW: Order\n\n{OLD}\n",
    "qq mail": "Thanks, it came today.\n\n\n\n------------------&nbsp;原始邮件&nbsp;------------------\n".replace("&nbsp;", " ")
    + f"发件人: \"Shop\" <support@shop.example>;\n发送时间: 2026年11月24日(星期二) 上午10:12\n收件人: \"Ben\";\n主题: Re: Order\n\n{OLD_ZH}\n",
    "foxmail": "Thanks, it came today.\n\n\nben@example.com\n".replace("\n\nben@example.com\n", "\n")
    + "发件人： Shop\n发送时间： 2026-11-24 10:12\n收件人： ben\n主题： Re: Order\n" + OLD_ZH,
    "netease": f"Thanks, it came today.\n\n\n在 2026-11-24 10:12:31，\"Shop\" <support@shop.example> 写道：\n{OLD_ZH}\n",
    "apple mail": f"Thanks, it came today.\n\n> On 24 Nov 2026, at 10:12, Hannah <support@shop.example> wrote:\n> \n{MARKED}\n",
    "apple mail, iphone": f"Thanks, it came today.\n\nSent from my iPhone\n\n> On 24 Nov 2026, at 10:12, Hannah wrote:\n{MARKED}\n",
    "iphone, Chinese": f"Thanks, it came today.\n\n发自我的 iPhone\n\n> 在 2026年11月24日，上午10:12，Hannah <s@shop.example> 写道：\n{MARKED}\n",
    "thunderbird": f"Thanks, it came today.\n\nOn 11/24/26 10:12, Hannah wrote:\n{MARKED}\n\n-- \nBen\n0123 456\n",
    "thunderbird, German": f"Thanks, it came today.\n\nAm 24.11.26 um 10:12 schrieb Hannah:\n{MARKED}\n",
    "yahoo": f"Thanks, it came today.\n\n On Tuesday, 24 November 2026 at 10:12:31 CET, Hannah <s@shop.example> wrote: \n \n{OLD}\n",
}  # fmt: skip


@pytest.mark.parametrize("program", PLAIN)
def test_the_new_part_alone_is_kept(program: str) -> None:
    assert quotes.fresh(PLAIN[program]) == "Thanks, it came today."


@pytest.mark.parametrize("program", PLAIN)
def test_lines_ended_as_on_windows(program: str) -> None:
    assert quotes.fresh(PLAIN[program].replace("\n", "\r\n")) == "Thanks, it came today."


HTML = {
    "gmail": '<div dir="ltr">It came,<br>thanks.</div><br><div class="gmail_quote"><div class="gmail_attr">On … wrote:</div>'
    "<blockquote>Your order</blockquote></div>",
    "outlook": '<div>It came,<br>thanks.</div><hr tabindex="-1"><div id="divRplyFwdMsg"><b>From:</b> Shop</div><div>Old</div>',
    "outlook.com": '<div>It came,<br>thanks.</div><div id="appendonsend"></div><div>From: Shop</div>',
    "apple": '<html><body>It came,<br>thanks.<br><div><blockquote type="cite">On … wrote: old</blockquote></div></body></html>',
    "thunderbird": '<p>It came,<br>thanks.</p><div class="moz-cite-prefix">On … wrote:</div><blockquote type="cite">x</blockquote>',
    "qq": '<div>It came,</div><div>thanks.</div><div><includetail><div>---Original---</div></includetail></div>'.replace(
        "<includetail>", '<div id="x" class="includetail">'),
    "netease": '<div>It came,<br>thanks.</div><blockquote id="isReplyContent">At … wrote: old</blockquote>',
    "yahoo": '<div>It came,<br>thanks.</div><div id="yahoo_quoted_1" class="yahoo_quoted">On … wrote</div>',
}  # fmt: skip


@pytest.mark.parametrize("program", HTML)
def test_the_new_part_of_html(program: str) -> None:
    raw = (
        b"From: ben@example.com\r\nMessage-ID: <1@example.com>\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 8bit\r\n\r\n" + HTML[program].encode()
    )
    assert read(raw).text == "It came,\nthanks."


@pytest.mark.parametrize(
    "text",
    [
        "See my answers.\n\nOn Tue, Hannah <s@shop.example> wrote:\n> Which size?\nLarge.\n> Which colour?\nBlue.",
        "> Which size?\nLarge.\n> Which colour?\nBlue.",
        "From: the shop at the corner\nI bought two lamps.",
        "On Tuesday I wrote: nothing came.",
        "",
        "> nothing of my own",
    ],
)
def test_what_stands_between_the_lines_stays(text: str) -> None:
    assert quotes.fresh(text) == text.strip()


def test_html_becomes_what_a_reader_sees() -> None:
    page = (
        "<html><head><style>p{color:red}</style><title>x</title></head><body><script>alert(1)</script><p>One &amp; two</p>"
        "<ul><li>first<li>second</ul><table><tr><td>a</td><td>b</td></tr></table><!-- hidden -->"
        '<a href="https://shop.example/1">the order</a> <a href="javascript:alert(1)">x</a></body></html>'
    )
    whole, cut = html.to_text(page, 10_000)
    assert whole == cut == "One & two\n- first\n- second\na b\nthe order (https://shop.example/1) x"


@pytest.mark.parametrize(
    "bomb",
    [
        "<div>" * 200_000 + "hello",
        "<" * 500_000,
        "<!--" * 200_000,
        "<a href='" + "x" * 500_000,
        "&" * 500_000,
        "<b " + "a=" * 300_000 + ">hello",
        "\x00\ufffd<p" * 100_000,
        "<style>" + "<style>" * 100_000,
    ],
    ids=range(8),
)
def test_html_that_is_meant_to_cost_much(bomb: str) -> None:
    whole, _ = html.to_text(bomb, 60_000)
    assert len(whole) <= 600_000


@pytest.mark.parametrize("bomb", ["在" * 600 + ":\n", "On " + "x" * 590 + " wrote\n", "> " * 300 + "\n", "a:\n"])
def test_text_that_is_meant_to_cost_much(bomb: str) -> None:
    quotes.fresh(bomb * 4_000)
