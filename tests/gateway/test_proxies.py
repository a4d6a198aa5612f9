"""Who the client is behind proxies: their word counts, a stranger's does not, and nothing that is sent can break it."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway.proxies import Client, Proxies, Trusted, resolve
from app.settings import Settings

TRUSTED = Trusted(("10.0.0.0/8", "127.0.0.1", "fd00::/8"), 4)
CLIENT = "203.0.113.7"
DESK = "desk.lan"
EVERYTHING = {
    "host": DESK,
    "x-forwarded-for": "198.51.100.1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "evil.example",
    "x-forwarded-port": "1",
    "forwarded": "for=198.51.100.2;proto=https;host=evil.example",
}


def told(peer: str, fields: dict[str, str], *, secure: bool = False, trusted: Trusted = TRUSTED) -> Client:
    return resolve(peer, secure, lambda name: fields.get(name, ""), trusted)


@pytest.mark.parametrize("trusted", [TRUSTED, Trusted((), 4)])
@pytest.mark.parametrize("secure", [True, False])
def test_a_stranger_is_who_he_is_whatever_he_says(trusted: Trusted, secure: bool) -> None:
    assert told(CLIENT, EVERYTHING, secure=secure, trusted=trusted) == Client(CLIENT, secure, DESK)


@pytest.mark.parametrize(
    ("fields", "address"),
    [
        ({}, "10.0.0.1"),
        ({"x-forwarded-for": CLIENT}, CLIENT),
        ({"x-forwarded-for": f"198.51.100.1, {CLIENT}"}, CLIENT),  # what he sent himself stands left of him
        ({"x-forwarded-for": f"198.51.100.1,{CLIENT},10.9.9.9, fd00::1"}, CLIENT),
        ({"x-forwarded-for": f"<script>, , {CLIENT}"}, CLIENT),
        ({"x-forwarded-for": f"{CLIENT}:4711"}, CLIENT),
        ({"x-forwarded-for": "[2001:DB8::0:1]:4711"}, "2001:db8::1"),
        ({"x-forwarded-for": "2001:db8::1"}, "2001:db8::1"),
        ({"x-forwarded-for": f"::ffff:{CLIENT}"}, CLIENT),
        ({"x-forwarded-for": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),  # somebody of the inner network
        ({"x-forwarded-for": "unknown"}, "10.0.0.1"),
        ({"x-forwarded-for": "unknown, 10.0.0.2"}, "10.0.0.2"),
        ({"forwarded": f"for={CLIENT}"}, CLIENT),
        ({"forwarded": f'for="unclosed, for={CLIENT};by=10.0.0.1'}, CLIENT),
        ({"forwarded": f"FOR={CLIENT}; Proto=http , for=10.0.0.8"}, CLIENT),
        ({"forwarded": 'for="[2001:db8::17]:4711"'}, "2001:db8::17"),
        ({"forwarded": "for=_hidden"}, "10.0.0.1"),
        ({"forwarded": "proto=https"}, "10.0.0.1"),
    ],
)
def test_the_client_is_the_first_from_the_right_that_is_not_trusted(fields: dict[str, str], address: str) -> None:
    client = told("10.0.0.1", fields)
    assert (client.address, client.doubt) == (address, "")


def test_a_listener_for_both_families_shows_the_proxy_in_another_form() -> None:
    assert told("::ffff:10.0.0.1", {"x-forwarded-for": CLIENT}).address == CLIENT
    assert told(f"::ffff:{CLIENT}", {}).address == CLIENT


@pytest.mark.parametrize(
    ("fields", "secure", "host"),
    [
        ({"x-forwarded-proto": "https"}, True, DESK),
        ({"x-forwarded-proto": "HTTP", "x-forwarded-host": "b.example:8443"}, False, "b.example:8443"),
        ({"x-forwarded-proto": "wss", "x-forwarded-host": "b.example", "x-forwarded-port": "443"}, True, "b.example"),
        ({"x-forwarded-port": "8443"}, False, "desk.lan:8443"),
        ({"x-forwarded-host": "[::1]", "x-forwarded-port": "81"}, False, "[::1]:81"),
        ({"x-forwarded-host": "[::1]:82", "x-forwarded-port": "81"}, False, "[::1]:82"),
        # Each hop told something: what counts was told together with the client.
        ({"x-forwarded-for": f"1.1.1.1, {CLIENT}, 10.0.0.2", "x-forwarded-proto": "http, https, http"}, True, DESK),
        # Only the nearest did.
        ({"x-forwarded-for": f"1.1.1.1, {CLIENT}", "x-forwarded-proto": "https"}, True, DESK),
        ({"forwarded": f"for=1.1.1.1;proto=http, for={CLIENT};proto=https;host=shop.example"}, True, "shop.example"),
        ({"forwarded": f'for={CLIENT};host="b.example:8443", for=10.0.0.2;proto=https;host=b'}, True, "b.example:8443"),
    ],
)
def test_scheme_and_host_are_those_that_the_clients_own_proxy_saw(
    fields: dict[str, str], secure: bool, host: str
) -> None:
    client = told("10.0.0.1", {"host": DESK, **fields})
    assert (client.secure, client.host, client.doubt) == (secure, host, "")


@pytest.mark.parametrize(
    ("fields", "address", "reason"),
    [
        ({"x-forwarded-for": "nonsense"}, "10.0.0.1", "X-Forwarded-For"),
        ({"x-forwarded-for": "999.1.1.1"}, "10.0.0.1", "X-Forwarded-For"),
        ({"x-forwarded-for": "1:2:3, 10.0.0.2"}, "10.0.0.2", "X-Forwarded-For"),
        ({"x-forwarded-for": ":" * 30_000}, "10.0.0.1", "X-Forwarded-For"),
        ({"x-forwarded-for": CLIENT, "x-forwarded-proto": "gopher"}, CLIENT, "scheme"),
        ({"x-forwarded-for": CLIENT, "x-forwarded-host": "a b/"}, CLIENT, "host"),
        ({"x-forwarded-for": CLIENT, "x-forwarded-port": "x"}, CLIENT, "X-Forwarded-Port"),
        ({"x-forwarded-for": CLIENT, "forwarded": "for=198.51.100.9"}, CLIENT, "Forwarded"),
        ({"forwarded": "for=1.1.1.1;for=2.2.2.2"}, "10.0.0.1", "RFC 7239"),
        ({"forwarded": f"for={CLIENT};"}, "10.0.0.1", "RFC 7239"),
        ({"forwarded": "for=me"}, "10.0.0.1", "for="),
    ],
)
def test_what_a_trusted_proxy_says_wrongly_is_left_out_and_told_once(
    fields: dict[str, str], address: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = told("10.0.0.1", {"host": DESK, **fields})
    assert (client.address, client.secure, client.host) == (address, False, DESK)
    assert reason in client.doubt
    proxies = Proxies(Settings(trusted_proxies=("10.0.0.0/8",)))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            proxies.client("10.0.0.1", False, lambda name: fields.get(name, ""))
    assert len(caplog.records) == 1


def test_no_more_hops_are_followed_than_the_bound_says() -> None:
    assert (
        told("10.0.0.1", {"x-forwarded-for": f"{CLIENT}, 10.0.0.5, 10.0.0.4, 10.0.0.3, 10.0.0.2"}).address == "10.0.0.5"
    )
    assert told("10.0.0.1", {"x-forwarded-for": f"{CLIENT}, 10.0.0.4, 10.0.0.3, 10.0.0.2"}).address == CLIENT


@given(
    st.dictionaries(
        st.sampled_from(sorted(EVERYTHING)),
        st.text(alphabet='for=proto,;:"\\[]x0123456789.abcdefhs -_%\u00e9', max_size=80),
    )
)
def test_whatever_a_proxy_sends_there_is_a_client(fields: dict[str, str]) -> None:
    client = told("10.0.0.1", fields)
    assert client.address
