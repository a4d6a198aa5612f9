"""The demo shop's articles, in both languages: Markdown files as an import takes them."""

from importlib import resources
from random import Random

from app.demo.play import Cast, Moment
from app.exchange.drafts import Draft, of_markdown
from app.model.articles import LANGUAGES, Article, ArticleVersion, Collection, Language
from app.model.ids import Ids
from app.storage import articles
from app.storage.database import Transaction

_FOLDER = "articles"
_DAY_MS = 86_400_000
_KEPT = 50
COLLECTIONS = (
    ("orders", "Orders and delivery", "订单与配送", "From the basket to your door.", "从下单到收货。"),
    ("returning", "Returns and refunds", "退换与退款", "When something is to go back.", "不合适、有问题怎么办。"),
    ("paying", "Paying", "付款与发票", "Ways to pay, invoices, coupons.", "支付方式、发票、优惠。"),
    ("your-account", "Your account", "账户与会员", "Signing in, points, your data.", "登录、积分、个人信息。"),
    ("goods-and-service", "Goods and service", "商品与服务", "Warranty, and how to reach us.", "保修与联系方式。"),
)


def drafts() -> list[Draft]:
    """What the files hold, in the order of their names."""
    folder = resources.files("app.demo") / _FOLDER
    files = [
        (f"{language}/{entry.name}", entry.read_text("utf-8"))
        for language in LANGUAGES
        for entry in sorted((folder / language).iterdir(), key=lambda entry: entry.name)
    ]
    return [of_markdown(name, text) for name, text in files]


def store(tx: Transaction, cast: Cast, at: int) -> None:
    """Write them, published by the owner at `at` (ms), with votes and views as two months bring them."""
    moment = Moment()
    moment.at = at
    random = Random(at + 2)
    ids = Ids(moment, random.randbytes)
    author = cast.agents[0][0].id
    collections = {
        slug: Collection(ids.new(), slug, en, zh, about_en, about_zh, place, at, at)
        for place, (slug, en, zh, about_en, about_zh) in enumerate(COLLECTIONS)
    }
    for collection in collections.values():
        articles.save_collection(tx, collection)
    groups: dict[str, str] = {}
    for place, draft in enumerate(drafts()):
        article_id = ids.new()
        changed = at + random.randrange(40) * _DAY_MS
        article = Article(
            article_id, groups.setdefault(draft.key, article_id), Language(draft.language),
            collections[draft.collection].id, draft.slug, draft.title, draft.summary, draft.body, draft.questions, (),
            True, place, author, at, changed, 1,
        )  # fmt: skip
        _store(tx, article, random)


def _store(tx: Transaction, article: Article, random: Random) -> None:
    articles.save(tx, article)
    words = ArticleVersion(
        article.id, 1, article.created_at, article.author_id, article.title, article.summary, article.body,
        article.questions,
    )  # fmt: skip
    articles.save_version(tx, words, _KEPT)
    articles.viewed(tx, article.id, random.randrange(40, 900))
    for number in range(random.randrange(6, 30)):
        helpful = random.random() < 0.86
        articles.vote(tx, article.id, f"reader{number}", helpful=helpful, at=article.created_at)
