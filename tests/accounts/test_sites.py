"""Sites as an administrator names them: each becomes what a browser compares with, or is refused."""

import pytest

from app.accounts.sites import origins_of
from app.model.errors import Invalid


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://shop.example", "https://shop.example"),
        (" HTTPS://Shop.Example/ ", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://shop.example:443", "http://shop.example:443"),
        ("https://shop.example:08443", "https://shop.example:8443"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("https://*.shop.example:8443", "https://*.shop.example:8443"),
        ("http://intranet", "http://intranet"),
        ("http://192.168.1.20:8080", "http://192.168.1.20:8080"),
        ("https://商店.example", "https://xn--czrs0t.example"),
        ("https://*.商店.example", "https://*.xn--czrs0t.example"),
    ],
)
def test_a_site_is_kept_as_a_browser_spells_it(given: str, kept: str) -> None:
    assert origins_of((given, given)) == (kept,)


@pytest.mark.parametrize(
    "given",
    [
        "", "shop.example", "ftp://x", "https://", "https://x/path", "https://x y", "null", "https://x//", "//x",
        "https://x:0", "https://x:65536", "https://x:", "https://x:*", "https://x:٣", "https://ann@shop.example",
        "https://shop.example?q", "https://shop.example#x", "https://[::1]:8080", "https://sh*p.example",
        "https://shop.*.example", "https://**.shop.example", "https://-shop.example", "https://shop..example",
        "https://shop.example;script-src *", "https://shop.example 'unsafe-inline'", "https://a\r\nx:y",
        "https://" + "a" * 64 + ".example", "https://" + "a." * 130 + "example", "https://straße.example", "*",
        "'self'",
    ],
)  # fmt: skip
def test_what_is_no_site_is_refused_with_what_to_write(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        origins_of(("https://shop.example", given))
    assert refused.value.code == "origin_malformed"
    assert "https://shop.example.com" in refused.value.text("en")
    assert "https://shop.example.com" in refused.value.text("zh")


@pytest.mark.parametrize("given", ["https://*", "https://*.", "https://*.com", "http://*:8080", "http://*.lan:8080"])
def test_everybodys_sites_are_none(given: str) -> None:
    with pytest.raises(Invalid) as refused:
        origins_of((given,))
    assert refused.value.code == "origin_too_wide"
