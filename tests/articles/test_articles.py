"""Articles: who may write them, what is kept of them, how they are found, what readers may see."""

import pytest
from msgspec import UNSET

from app.articles.articles import ArticleChange, Articles, NewArticle, Order, Restoring
from app.articles.collections import CollectionChange, Collections, NewCollection
from app.articles.finding import Finder
from app.model.articles import Language
from app.model.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from app.model.principals import Agent
from app.settings import Limits
from app.storage.articles import Filter
from tests.domain import Domain

RETURNS = NewArticle("How to return", "Within **14 days**.", questions=("send it back",), published=True)


@pytest.fixture
async def boss(domain: Domain) -> Agent:
    return await domain.agent("Boss", "owner")


async def test_who_may_write_and_who_may_read(domain: Domain, articles: Articles, boss: Agent) -> None:
    ann = await domain.agent("Ann")
    made = await articles.create(boss, RETURNS)
    assert (made.slug, made.version, made.author_id) == ("how-to-return", 1, boss.agent_id)
    assert (await articles.find(ann, made.id))[0] == made
    for refused in (
        lambda: articles.create(ann, RETURNS),
        lambda: articles.change(ann, made.id, ArticleChange(1, title="Mine")),
        lambda: articles.delete(ann, made.id),
        lambda: articles.order(ann, Order((made.id,))),
        lambda: articles.restore(ann, made.id, Restoring(1, 1)),
    ):
        with pytest.raises(Forbidden):
            await refused()


async def test_who_saves_over_somebody_elses_words_is_told(articles: Articles, boss: Agent) -> None:
    made = await articles.create(boss, RETURNS)
    second = await articles.change(boss, made.id, ArticleChange(1, body="Within 30 days."))
    assert (second.version, second.title) == (2, "How to return")
    with pytest.raises(Conflict) as refused:
        await articles.change(boss, made.id, ArticleChange(1, body="Within 7 days."))
    assert refused.value.code == "article_changed"
    assert (await articles.find(boss, made.id))[0].body == "Within 30 days."


async def test_an_older_version_comes_back_as_a_newer_one(articles: Articles, boss: Agent) -> None:
    made = await articles.create(boss, RETURNS)
    await articles.change(boss, made.id, ArticleChange(1, title="Returns", body="Changed.", published=False))
    back = await articles.restore(boss, made.id, Restoring(2, 1))
    assert (back.version, back.title, back.body, back.published) == (3, "How to return", "Within **14 days**.", False)
    told = await articles.versions(boss, made.id)
    assert [(one.version, one.title) for one in told] == [(3, "How to return"), (2, "Returns"), (1, "How to return")]
    with pytest.raises(NotFound):
        await articles.restore(boss, made.id, Restoring(3, 9))


async def test_so_many_versions_are_kept(domain: Domain, boss: Agent) -> None:
    few = Articles(domain.database, domain.ids, domain.clock, Limits(article_versions_kept=2))
    made = await few.create(boss, RETURNS)
    for version in (1, 2, 3):
        await few.change(boss, made.id, ArticleChange(version, body=f"Number {version + 1}."))
    assert [one.version for one in await few.versions(boss, made.id)] == [4, 3]


async def test_translations_know_each_other(articles: Articles, boss: Agent) -> None:
    english = await articles.create(boss, RETURNS)
    chinese = await articles.create(
        boss, NewArticle("如何退货", "**14 天**内。", Language.ZH, translation_of=english.id, published=True)
    )
    assert chinese.group_id == english.group_id
    rows = (await articles.find(boss, english.id))[1]
    assert [(row.language, row.id) for row in rows] == [(Language.EN, english.id), (Language.ZH, chinese.id)]
    with pytest.raises(Conflict) as refused:
        await articles.create(boss, NewArticle("又一篇", "", Language.ZH, translation_of=english.id))
    assert refused.value.code == "translation_exists"


async def test_an_address_is_somebodys_alone(articles: Articles, collections: Collections, boss: Agent) -> None:
    first, second = await articles.create(boss, RETURNS), await articles.create(boss, RETURNS)
    assert (first.slug, second.slug) == ("how-to-return", "how-to-return-2")
    delivery = await collections.create(boss, NewCollection("Delivery"))
    for slug in ("how-to-return", "zh", "search", delivery.slug):
        with pytest.raises(Conflict) as refused:
            await articles.change(boss, second.id, ArticleChange(1, slug=slug))
        assert (refused.value.code, refused.value.field) == ("slug_taken", "slug")
    with pytest.raises(Conflict):
        await collections.change(boss, delivery.id, CollectionChange(slug="how-to-return"))
    assert (await articles.create(boss, NewArticle("退货"))).slug.startswith("a-")


async def test_what_is_not_fit_to_be_stored(articles: Articles, domain: Domain, boss: Agent) -> None:
    for new, field in (
        (NewArticle(" \u200e\x00 ".replace("\u200e", "")), "title"),
        (NewArticle("A", collection_id="0" * 26), "collection_id"),
        (NewArticle("A", inbox_ids=("0" * 26,)), "inbox_ids"),
    ):
        with pytest.raises(Invalid) as refused:
            await articles.create(boss, new)
        assert refused.value.field == field
    with pytest.raises(TooLarge):
        await articles.create(boss, NewArticle("A", "x" * 50_001))
    made = await articles.create(boss, NewArticle("A\u202eB", "one\r\ntwo\x07"))
    assert (made.title, made.body) == ("AB", "one\ntwo")
    full = Articles(domain.database, domain.ids, domain.clock, Limits(articles_max=1))
    with pytest.raises(Conflict):
        await full.create(boss, RETURNS)


async def test_readers_see_what_is_published_where_they_are(articles: Articles, domain: Domain, boss: Agent) -> None:
    here, there = await domain.inbox(), await domain.inbox()
    shown = await articles.create(boss, NewArticle("Both", published=True))
    only = await articles.create(boss, NewArticle("There", published=True, inbox_ids=(there,)))
    draft = await articles.create(boss, NewArticle("Draft"))
    assert [row.id for row in await articles.shown("en", here)] == [shown.id]
    assert [row.id for row in await articles.shown("en", there)] == [shown.id, only.id]
    assert await articles.shown("zh") == []
    for article_id in (only.id, draft.id):
        with pytest.raises(NotFound):
            await articles.published(article_id, here)
    assert (await articles.published_at("en", "there", there)).id == only.id
    assert [one.id for one in articles.suggest("there both draft", here)] == [shown.id]


async def test_a_vote_counts_once_and_may_change(articles: Articles, domain: Domain, boss: Agent) -> None:
    made = await articles.create(boss, RETURNS)
    inbox_id = await domain.inbox()
    ann, ben = await domain.visitor(inbox_id), await domain.visitor(inbox_id)
    for visitor, helpful in ((ann, True), (ann, True), (ben, True), (ben, False)):
        await articles.vote(visitor, made.id, helpful=helpful)
    found, _ = await articles.find(boss, made.id)
    assert (found.helpful, found.unhelpful, found.version) == (1, 1, 1)
    await articles.change(boss, made.id, ArticleChange(1, title="Returning"))
    assert (await articles.find(boss, made.id))[0].helpful == 1
    with pytest.raises(NotFound):
        await articles.vote(ann, "0" * 26, helpful=True)


async def test_lists_are_narrowed_and_ordered(articles: Articles, collections: Collections, boss: Agent) -> None:
    delivery = await collections.create(boss, NewCollection("Delivery"))
    one = await articles.create(boss, NewArticle("100% cotton", collection_id=delivery.id, published=True))
    two = await articles.create(boss, NewArticle("100 ways", questions=("cotton?",)))
    zh = await articles.create(boss, NewArticle("棉", "", Language.ZH))

    async def ids(which: Filter, limit: int = 50, offset: int = 0) -> list[str]:
        return [row.id for row in (await articles.listing(boss, which, limit, offset))[0]]

    assert await ids(Filter()) == [one.id, two.id, zh.id]
    assert await ids(Filter(language="zh")) == [zh.id]
    assert await ids(Filter(published=0)) == [two.id, zh.id]
    assert await ids(Filter(collection=delivery.id)) == [one.id]
    assert await ids(Filter(collection="-")) == [two.id, zh.id]
    assert await ids(Filter(q="COTTON")) == [one.id, two.id]
    assert await ids(Filter(q="100%")) == [one.id]  # a sign of patterns is a sign like any other
    assert await ids(Filter(), 1, 1) == [two.id]
    assert (await articles.listing(boss, Filter(), 1, 1))[1] == 3
    await articles.order(boss, Order((zh.id, two.id, one.id)))
    assert await ids(Filter()) == [zh.id, two.id, one.id]


async def test_a_collection_with_articles_stays(articles: Articles, collections: Collections, boss: Agent) -> None:
    delivery = await collections.create(boss, NewCollection("Delivery", "配送"))
    made = await articles.create(boss, NewArticle("Costs", collection_id=delivery.id))
    with pytest.raises(Conflict) as refused:
        await collections.delete(boss, delivery.id)
    assert refused.value.code == "collection_used"
    await articles.change(boss, made.id, ArticleChange(1, collection_id=None))
    await collections.delete(boss, delivery.id)
    assert await collections.listing() == []
    with pytest.raises(Invalid):
        await collections.create(boss, NewCollection(" ", slug="nothing"))


async def test_what_was_done_is_in_the_audit_log_without_the_words(
    articles: Articles, domain: Domain, boss: Agent
) -> None:
    made = await articles.create(boss, RETURNS)
    await articles.change(boss, made.id, ArticleChange(1, body="Secret words.", published=UNSET))
    await articles.delete(boss, made.id)
    rows = await domain.database.read(
        "SELECT action, change FROM audit WHERE object_id = :id ORDER BY number", {"id": made.id}
    )
    assert [row[0] for row in rows] == ["article.create", "article.change", "article.delete"]
    assert "Secret words" not in str(rows) and "14 days" not in str(rows)


async def test_it_is_found_as_it_is_now(articles: Articles, boss: Agent) -> None:
    def found(text: str) -> list[str]:
        return [one.title for one in articles.suggest_to_agents(text)]

    made = await articles.create(boss, RETURNS)
    await articles.create(boss, NewArticle("Paying by card", "Visa and others.", published=True))
    await articles.create(boss, NewArticle("如何退货", "十四天内可以退货。", Language.ZH, published=True))
    assert found("how can I send it back") == ["How to return"]
    assert found("我想退货怎么办") == ["如何退货"]
    assert [one.title for one in articles.suggest("我想退货", language="en")] == []
    assert found("weather in Berlin") == []
    assert articles.suggest("我想退货怎么办") == ()  # not sure enough to be offered unasked
    assert [one.title for one in articles.suggest("如何退货呢")] == ["如何退货"]
    await articles.change(boss, made.id, ArticleChange(1, title="Bringing back", questions=()))
    assert found("send it back") == ["Bringing back"]
    await articles.change(boss, made.id, ArticleChange(2, published=False))
    assert found("bringing back") == []
    await articles.change(boss, made.id, ArticleChange(3, published=True))
    await articles.delete(boss, made.id)
    assert found("bringing back") == []


async def test_after_a_start_the_same_is_found(articles: Articles, domain: Domain, boss: Agent) -> None:
    for number in range(45):  # more than a portion
        await articles.create(boss, NewArticle(f"Lamp model{number}", published=number % 2 == 0))
    again = Finder(domain.database, domain.settings.limits)
    assert again.suggest("model44") == ()
    await again.load()
    assert len(again) == 23
    assert again.suggest("lamp model44") == articles.suggest("lamp model44") != ()
