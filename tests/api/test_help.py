"""The pages at /help as a browser without JavaScript gets them."""

import re

import pytest

from app.accounts.inboxes import NewInbox
from app.articles.articles import NewArticle
from app.articles.collections import NewCollection
from app.model.articles import Article, Language
from app.model.principals import Agent
from tests.api.desk import HOST, SYSTEM, Desk, World
from tests.articles.test_markdown import Check

ROOT = f"https://public.{HOST}/desk"


@pytest.fixture
async def owner(desk: Desk, world: World) -> Agent:
    owner = await desk.sessions.principal(world.owner)
    assert owner is not None
    return owner


@pytest.fixture
async def returning(desk: Desk, owner: Agent) -> Article:
    collection = await desk.collections.create(owner, NewCollection("Returns", "退货", "What comes back."))
    english = await desk.articles.create(
        owner,
        NewArticle(
            "How to return", "Within **14 days**. See [parcels](where-is-my-parcel) <script>alert(1)</script>",
            collection_id=collection.id, published=True, questions=("send it back",), summary='All "about" it',
        ),
    )  # fmt: skip
    await desk.articles.create(
        owner,
        NewArticle("如何退货", "**14 天**内。", Language.ZH, slug="tui-huo", translation_of=english.id, published=True),
    )
    return english


async def page(desk: Desk, path: str, language: str = "en", status: int = 200) -> str:
    answer = await desk.call("GET", path, headers={"accept-language": language})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert "<script" not in answer.text and "style=" not in answer.text and "onclick" not in answer.text
    return answer.text


async def test_the_first_page_names_collections_and_articles(desk: Desk, returning: Article) -> None:
    told = await page(desk, "/help")
    assert '<html lang="en">' in told and "Returns" in told and "What comes back." in told
    assert 'href="./help/en/how-to-return"' in told
    assert "More articles" in told and "Where is my parcel?" in told  # what is in no collection
    chinese = await page(desk, "/help", "zh-CN,zh;q=0.9")
    assert '<html lang="zh-CN">' in chinese and "如何退货" in chinese and "How to return" not in chinese
    assert 'href="./help/en"' in chinese  # the switch


async def test_the_address_decides_the_language_else_the_browser(desk: Desk, returning: Article) -> None:
    assert "How to return" in await page(desk, "/help/en/how-to-return", "zh")
    answer = await desk.call("GET", "/help/tui-huo", headers={"accept-language": "en"})
    assert (answer.status_code, answer.headers["location"]) == (302, "../help/zh/tui-huo")
    assert answer.headers["vary"] == "accept-language"
    assert "没有这个页面" in await page(desk, "/help/zh/how-to-return", "en", 404)


async def test_an_article_is_safe_and_tells_machines_where_it_is(desk: Desk, returning: Article) -> None:
    told = await page(desk, "/help/en/how-to-return")
    assert "<title>How to return · Help</title>" in told
    assert '<meta name="description" content="All &quot;about&quot; it">' in told
    assert f'<link rel="canonical" href="{ROOT}/help/en/how-to-return">' in told
    assert f'<link rel="alternate" hreflang="zh-CN" href="{ROOT}/help/zh/tui-huo">' in told
    assert 'href="../../help/zh/tui-huo" lang="zh-CN"' in told  # the switch leads to the translation
    assert 'href="../../help/en/where-is-my-parcel"' in told
    assert "&lt;script&gt;" in told and "<strong>14 days</strong>" in told
    check = Check()
    check.feed(re.findall(r"</p>\n(.*?)</article>", told, re.DOTALL)[0])
    returns = await page(desk, "/help/en/returns")
    assert "How to return" in returns and "Where is my parcel?" not in returns


async def test_a_search_finds_in_both_languages(desk: Desk, returning: Article) -> None:
    assert "How to return" in await page(desk, "/help/en?q=send+it+back")
    assert "如何退货" in await page(desk, "/help/zh?q=%E9%80%80%E8%B4%A7")
    told = await page(desk, "/help/en?q=%3Cxyzzy%3E")
    assert "Nothing found for “&lt;xyzzy&gt;”" in told and "noindex" in told


@pytest.mark.parametrize("path", ["/help/en/nothing", "/help/nothing", "/help/en/a/b", "/help/en/%2e%2e", "/help/fr/x"])
async def test_what_is_not_there_is_told_on_a_page(desk: Desk, path: str) -> None:
    assert "There is no such page" in await page(desk, path, status=404)


async def test_drafts_and_what_is_of_other_inboxes_is_not_shown(desk: Desk, world: World, owner: Agent) -> None:
    other = await desk.inboxes.create(SYSTEM, NewInbox("West"))
    await desk.articles.create(owner, NewArticle("Draft of it"))
    await desk.articles.create(owner, NewArticle("West alone", inbox_ids=(other.id,), published=True))
    here = await page(desk, f"/help/en?inbox={world.inbox_id}")
    assert "North shop · Help" in here and "West alone" not in here and "Draft of it" not in here
    west = await page(desk, f"/help/en?inbox={other.id}")
    assert "West alone" in west and f"/help/en/west-alone?inbox={other.id}" in west and "noindex" in west
    await page(desk, "/help/en/draft-of-it", status=404)
    await page(desk, f"/help/en/west-alone?inbox={world.inbox_id}", status=404)
    assert f"chat/{other.id}" in await page(desk, f"/help/en/west-alone?inbox={other.id}")


async def test_a_reader_votes_by_a_form(desk: Desk, returning: Article, owner: Agent) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for body in ("helpful=1", "helpful=0", "helpful=2", "x=1&" * 20):
        answer = await desk.call("POST", "/help/en/how-to-return", content=body.encode(), headers=form)
        assert answer.status_code == 303, answer.text
    assert "Thank you" in await page(desk, f"/help/en/{answer.headers['location'].rpartition('/')[2]}")
    found, _ = await desk.articles.find(owner, returning.id)
    assert (found.helpful, found.unhelpful) == (0, 1)  # one reader, one vote
    foreign = {**form, "origin": "https://evil.example"}
    answer = await desk.call("POST", "/help/en/how-to-return", content=b"helpful=1", headers=foreign)
    assert answer.status_code == 403
    long = await desk.call("POST", "/help/en/how-to-return", content=b"x" * 200, headers=form)
    assert long.status_code == 413


async def test_views_are_counted_by_and_by(desk: Desk, returning: Article, owner: Agent) -> None:
    for _ in range(3):
        await page(desk, "/help/en/how-to-return")
    assert (await desk.articles.find(owner, returning.id))[0].views == 0
    await desk.articles.count()
    await desk.articles.count()
    assert (await desk.articles.find(owner, returning.id))[0].views == 3
    assert (await desk.articles.popular("en", "", 1))[0].id == returning.id


async def test_a_page_that_is_known_is_not_sent_again(desk: Desk, returning: Article) -> None:
    first = await desk.call("GET", "/help/en/how-to-return")
    again = await desk.call("GET", "/help/en/how-to-return", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await desk.call("PUT", "/help/en")).status_code == 405
