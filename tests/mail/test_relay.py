"""The relay, against a real SMTP server: what is taken, what is refused, and what is said about it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.mail.compose import Draft, compose
from app.mail.posting import Posting
from app.mail.refusals import Undelivered
from app.mail.relay import NewRelay, NewServer, RelayKeeper
from app.mail.secrets import Secrets
from app.model.errors import Forbidden, Invalid, Unavailable
from app.model.mail import Security
from app.settings import Limits, Settings
from tests.clock import ManualClock
from tests.domain import SYSTEM, Domain
from tests.mail.server import PASSWORD, USER, certified, relay_server


@pytest.fixture
async def domain(database_path: Path, settings: Settings, clock: ManualClock) -> AsyncIterator[Domain]:
    async with Domain(database_path, settings, clock) as domain:
        yield domain


def keeper(domain: Domain, environ: dict[str, str] | None = None, limits: Limits | None = None) -> RelayKeeper:
    secrets = Secrets(domain.path.parent / "keys", environ or {})
    chosen = limits or domain.settings.limits
    return RelayKeeper(domain.database, domain.ids, domain.clock, secrets, Posting(chosen), chosen)


async def test_a_trial_arrives_and_the_state_says_so(domain: Domain) -> None:
    async with relay_server() as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings())
        told = await relay.test(SYSTEM, "me@example.com", "zh")

        assert told.ok and "me@example.com" in told.en
        assert server.recipients == [["me@example.com"]]
        letter = server.letter()
        assert (letter["From"], letter["To"]) == ("Shop <desk@shop.example>", "me@example.com")
        assert letter["Subject"] == "Shop：测试邮件"
        assert letter["Auto-Submitted"] == "auto-generated"
        facts = await relay.facts(SYSTEM)
        assert facts is not None and facts.state.sent_at == domain.clock.now_ms() and facts.state.trouble is None


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "tls"])
async def test_encrypted_and_signed_in(domain: Domain, implicit: bool) -> None:
    context = certified(domain.path.parent / "keys")
    security = Security.TLS if implicit else Security.STARTTLS
    async with relay_server(context, implicit=implicit, sign_in=True) as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings(security, username=USER, password=PASSWORD))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).ok


async def test_a_certificate_of_nobody_we_know_is_refused(domain: Domain, tmp_path: Path) -> None:
    context = certified(tmp_path / "elsewhere")
    async with relay_server(context, implicit=True) as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings(Security.TLS))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).code == "mail_untrusted"
        assert server.letters == []


async def test_a_certificate_of_another_name_is_refused(domain: Domain) -> None:
    context = certified(domain.path.parent / "keys", "other.example")
    async with relay_server(context) as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings(Security.STARTTLS))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).code == "mail_untrusted"


async def test_no_letter_goes_unencrypted_where_encryption_is_asked_for(domain: Domain) -> None:
    async with relay_server() as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings(Security.STARTTLS))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).code == "mail_no_encryption"
        assert server.letters == []


async def test_a_wrong_password_is_said_and_kept_until_a_letter_is_taken(domain: Domain) -> None:
    async with relay_server(sign_in=True) as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings(username=USER, password="wrong"))
        told = await relay.test(SYSTEM, "me@example.com", "en")
        assert (told.ok, told.code) == (False, "mail_sign_in")
        facts = await relay.facts(SYSTEM)
        assert facts is not None and facts.state.trouble is not None and facts.state.trouble.code == "mail_sign_in"

        await relay.change(SYSTEM, server.settings(username=USER, password=PASSWORD))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).ok
        facts = await relay.facts(SYSTEM)
        assert facts is not None and facts.state.trouble is None


@pytest.mark.parametrize(
    ("answer", "permanent"), [("451 4.3.0 try later", False), ("554 5.7.1 spam", True)], ids=["later", "never"]
)
async def test_what_a_refusal_means_for_the_next_try(domain: Domain, answer: str, permanent: bool) -> None:
    async with relay_server() as server:
        server.answer = answer
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings())
        with pytest.raises(Undelivered) as refused:
            await relay.send("desk@shop.example", ["me@example.com"], b"Subject: x\r\n\r\nx\r\n")
        assert refused.value.permanent is permanent
        assert answer[4:] in refused.value.en


async def test_an_address_that_the_relay_does_not_take(domain: Domain) -> None:
    async with relay_server() as server:
        relay = keeper(domain)
        await relay.change(SYSTEM, server.settings())
        told = await relay.test(SYSTEM, "nobody@example.com", "en")
        assert (told.code, "no such mailbox" in told.en) == ("mail_recipient_refused", True)
        facts = await relay.facts(SYSTEM)
        assert facts is not None and facts.state.trouble is None, "one address says nothing about the relay"


async def test_nobody_listens_and_nobody_answers(domain: Domain) -> None:
    silent = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    relay = keeper(domain, limits=Limits(mail_send_seconds_max=0.3))
    async with silent:
        await relay.change(SYSTEM, NewRelay(NewServer("127.0.0.1", port, Security.NONE), "desk@shop.example"))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).code == "mail_too_slow"
    await relay.change(SYSTEM, NewRelay(NewServer("127.0.0.1", port, Security.NONE), "desk@shop.example"))
    assert (await relay.test(SYSTEM, "me@example.com", "en")).code in ("mail_unreachable", "mail_too_slow")


async def test_the_password_is_in_its_file_alone(domain: Domain) -> None:
    relay = keeper(domain)
    new = NewServer("smtp.example.com", 465, Security.TLS, "desk", PASSWORD)
    facts = await relay.change(SYSTEM, NewRelay(new, "desk@shop.example"))
    place = domain.path.parent / "keys" / "mail-relay.secret"

    assert facts.server.password and PASSWORD not in repr(facts)
    assert (place.read_text(), place.stat().st_mode & 0o777) == (PASSWORD, 0o600)
    await domain.database.write(lambda tx: None)
    for file in domain.path.parent.glob("monodesk.db*"):
        assert PASSWORD.encode() not in file.read_bytes()
    await relay.remove(SYSTEM)
    assert not place.exists()


async def test_a_password_entered_for_one_server_is_not_shown_to_another(domain: Domain) -> None:
    relay = keeper(domain)
    await relay.change(
        SYSTEM, NewRelay(NewServer("smtp.example.com", 465, Security.TLS, "desk", PASSWORD), "d@s.example")
    )
    kept = await relay.change(SYSTEM, NewRelay(NewServer("smtp.example.com", 587, Security.TLS, "desk"), "d@s.example"))
    assert kept.server.password
    other = await relay.change(
        SYSTEM, NewRelay(NewServer("evil.example.com", 587, Security.TLS, "desk"), "d@s.example")
    )
    assert not other.server.password


async def test_a_password_from_the_environment(domain: Domain) -> None:
    async with relay_server(sign_in=True) as server:
        relay = keeper(domain, {"MAIL_PASSWORD": PASSWORD})
        facts = await relay.change(SYSTEM, server.settings(username=USER, password_env="MAIL_PASSWORD"))
        assert facts.server.password_env == "MAIL_PASSWORD"
        assert (await relay.test(SYSTEM, "me@example.com", "en")).ok

        await relay.change(SYSTEM, server.settings(username=USER, password_env="MAIL_OTHER"))
        assert (await relay.test(SYSTEM, "me@example.com", "en")).code == "mail_password_missing"
        for variable in ("PATH", "AWS_SECRET", "MAIL_", "MAIL_x", "MAIL_A\n"):
            with pytest.raises(Invalid, match="mail_variable"):
                await relay.change(SYSTEM, server.settings(username=USER, password_env=variable))


@pytest.mark.parametrize(
    ("server", "code"),
    [
        (NewServer("not a host", 25, Security.NONE), "mail_host"),
        (NewServer("http://smtp.example.com", 25, Security.NONE), "mail_host"),
        (NewServer("smtp.example.com", 25, Security.NONE, "desk", "secret"), "mail_plain_password"),
    ],
)
async def test_what_cannot_be_a_relay(domain: Domain, server: NewServer, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        await keeper(domain).change(SYSTEM, NewRelay(server, "desk@shop.example"))


async def test_only_who_manages_inboxes(domain: Domain) -> None:
    ann = await domain.agent("Ann")
    with pytest.raises(Forbidden):
        await keeper(domain).test(ann, "me@example.com", "en")
    with pytest.raises(Invalid, match="mail_off"):
        await keeper(domain).test(SYSTEM, "me@example.com", "en")
    (domain.path.parent / "keys").write_text("in the way")
    new = NewServer("smtp.example.com", 465, Security.TLS, "desk", PASSWORD)
    with pytest.raises(Unavailable, match="key_unwritable"):
        await keeper(domain).change(SYSTEM, NewRelay(new, "desk@shop.example"))


def test_nothing_that_is_said_becomes_a_header() -> None:
    draft = Draft(
        message_id="<1@shop.example>", at=1_790_000_000_000, sender=("Eve\r\nBcc: a@b.example", "desk@shop.example"),
        recipients=(("", "me@example.com"),), subject="Hello\r\nBcc: all@example.com", text="你好\r\n.\r\nDATA",
    )  # fmt: skip
    letter = compose(draft)
    assert b"\r\nBcc:" not in letter and b"\nBcc:" not in letter
