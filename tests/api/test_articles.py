"""Articles over REST: what a visitor reads in the chat, what agents are suggested, files in and out."""

from app.articles.articles import NewArticle
from app.model.articles import Language
from tests.api.desk import Desk, World


async def test_a_visitor_searches_reads_and_judges(desk: Desk, world: World) -> None:
    owner = await desk.sessions.principal(world.owner)
    assert owner is not None
    text = "See [parcels](where-is-my-parcel)."
    returns = await desk.articles.create(
        owner, NewArticle("How to return", text, questions=("send it back",), published=True)
    )
    await desk.articles.create(
        owner, NewArticle("如何退货", "十四天内。", Language.ZH, translation_of=returns.id, published=True)
    )
    await desk.articles.create(owner, NewArticle("Send it back to the shelf", "A draft."))

    async def asked(path: str) -> dict[str, object]:
        answer = await desk.call("GET", f"/api/v1/visitor/articles{path}", bearer=world.ann.token)
        assert answer.status_code == 200, answer.text
        told: dict[str, object] = answer.json()
        return told

    popular = await asked("?language=en")
    assert isinstance(popular["articles"], list)
    assert {one["title"] for one in popular["articles"]} == {"Where is my parcel?", "How to return"}
    found = await asked("?q=send%20it%20back&language=en")
    assert isinstance(found["articles"], list) and found["articles"][0]["id"] == returns.id
    assert all(one["title"] != "Send it back to the shelf" for one in found["articles"])
    read = (await asked(f"/{returns.id}"))["article"]
    assert isinstance(read, dict) and set(read["translations"]) == {"en", "zh"}
    link = read["blocks"][0]["spans"][1]
    assert (read["blocks"][0]["kind"], link["kind"], link["href"]) == ("text", "link", "where-is-my-parcel")
    followed = (await asked(f"/at?slug={link['href']}&language=en"))["article"]
    assert isinstance(followed, dict) and followed["id"] == world.article_id
    vote = await desk.call(
        "PUT", f"/api/v1/visitor/articles/{returns.id}/vote", json={"helpful": False}, bearer=world.ann.token
    )
    assert vote.status_code == 204
    await desk.articles.count()
    kept, _ = await desk.articles.find(owner, returns.id)
    assert (kept.views, kept.helpful, kept.unhelpful) == (1, 0, 1)


async def test_an_agent_is_suggested_what_fits(desk: Desk, world: World) -> None:
    answer = await desk.call(
        "GET", f"/api/v1/articles/suggestions?q=where%20is%20my%20parcel&inbox={world.inbox_id}", cookie=world.north
    )
    (one,) = answer.json()["articles"]
    assert (one["id"], one["slug"], one["score"] > 0.9) == (world.article_id, "where-is-my-parcel", True)


async def test_files_come_in_and_go_out(desk: Desk, world: World) -> None:
    path = "/api/v1/article-imports?name=faq.csv"
    rows = b"question,answer\nHow hot?,92 degrees.\n"
    seen = await desk.call("POST", path, content=rows, cookie=world.owner)
    assert (seen.json()["done"], seen.json()["articles"]) == (False, 1)
    done = await desk.call("POST", f"{path}&rehearse=0", content=rows, cookie=world.owner)
    assert done.json()["done"] is True
    wrong = await desk.call("POST", path, content=b"question,answer\n,92 degrees.\n", cookie=world.owner)
    assert [(one["file"], one["line"]) for one in wrong.json()["problems"]] == [("faq.csv", 2)]
    out = await desk.call("GET", "/api/v1/article-exports?format=csv", cookie=world.owner)
    assert out.headers["content-disposition"] == 'attachment; filename="articles.csv"'
    assert "How hot?" in out.text
