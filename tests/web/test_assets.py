"""Pages name their files relative to themselves, so that they are right below any base path."""

import gzip
import re
import shutil
from pathlib import Path
from urllib.parse import urljoin

import pytest

from app.web.assets import DIST, Assets

LINK = re.compile(r'(?:src|href)="([^"]+)"')


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets.load(DIST, demo=True)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/sign-in",
        "/setup",
        "/settings",
        "/visitors",
        "/settings/inboxes",
        "/c/01hx",
        "/c/a/b",
        "/chat/shop",
        "/chat/a/b",
        "/demo",
    ],
)
@pytest.mark.parametrize("base", ["https://desk.example", "https://shop.example/a/support"])
def test_what_a_page_names_is_below_the_base_path_at_any_depth(assets: Assets, path: str, base: str) -> None:
    page = assets.find(path)
    assert page is not None
    named = LINK.findall(page.bodies[""].decode())
    assert len(named) >= 3
    for link in named:
        address = urljoin(base + path, link)
        assert address.startswith(f"{base}/assets/"), link
        assert assets.find(address.removeprefix(base)) is not None
    assert gzip.decompress(page.bodies["gzip"]) == page.bodies[""]


def test_the_components_are_shown_under_demo_alone(assets: Assets) -> None:
    assert assets.find("/kit") is not None
    assert Assets.load(DIST, demo=False).find("/kit") is None


def test_a_page_too_deep_to_be_one_is_none(assets: Assets) -> None:
    assert assets.find("/c/a/b/c/d") is None
    assert assets.find("/chat/a/b/c/d/e/f") is None


def test_pages_at_two_depths_are_two_to_a_cache(assets: Assets) -> None:
    tags = {page.etag for page in (assets.find("/"), assets.find("/c/x"), assets.find("/c/x/y")) if page}
    assert len(tags) == 3


def test_nothing_is_named_that_the_relative_address_would_not_find() -> None:
    """A link that the build writes in another way would still begin at the root."""
    for page in Path(DIST).glob("*.html"):
        assert not [link for link in LINK.findall(page.read_text()) if not link.startswith("/assets/")], page


def test_what_is_held_in_its_codings_alone_is_served_as_it_was(tmp_path: Path) -> None:
    """As in the one file, where nothing lies both packed and unpacked."""
    held = shutil.copytree(DIST, tmp_path / "dist")
    twins = [path.with_suffix("") for path in held.rglob("*.gz")]
    left_out = [*(path for path in twins if path.suffix != ".json"), *held.rglob("*.html.br")]
    for path in left_out:
        path.unlink()

    assert len(left_out) > 50
    assert tables(Assets.load(held, demo=True)) == tables(Assets.load(DIST, demo=True))


def tables(assets: Assets) -> object:
    return assets._files, assets._console, assets._chat
