"""What the demo shop's bot knows: the starter pack, with what this shop says of itself."""

from random import Random

from app.demo.play import Moment
from app.intent import starter
from app.model.ids import Ids
from app.model.intents import Intent, Texts
from app.storage import intents
from app.storage.database import Transaction

_SAID: dict[str, Texts] = {
    "dispatch": {"en": "What is paid by 16:00 leaves us the same day.", "zh": "16:00 前付款，当天发货。"},
    "delivery": {
        "en": "Within China it takes 2 to 4 days, abroad 7 to 15.",
        "zh": "国内一般 2–4 天送达，海外 7–15 天。",
    },
    "returns": {
        "en": "You can return what you have not used within 30 days.",
        "zh": "未使用的商品 30 天内可以退货。",
    },
    "refund_time": {"en": "Banks need 3 to 5 working days to show it.", "zh": "银行一般需要 3–5 个工作日到账。"},
    "shipping_fee": {
        "en": "Shipping is free from ¥99, below that it is ¥10.",
        "zh": "满 99 元包邮，不足收 10 元运费。",
    },
    "warranty": {
        "en": "Kettles, grinders and scales have two years of warranty.",
        "zh": "手冲壶、磨豆机和电子秤质保两年。",
    },
    "hours": {"en": "We are here every day from 9:00 to 21:00.", "zh": "客服每天 9:00–21:00 在线。"},
}


def ready() -> tuple[Intent, ...]:
    """All of the starter pack's."""
    return starter.load(_SAID).intents


def store(tx: Transaction, known: tuple[Intent, ...], at: int) -> None:
    """Keep them with their phrases, as of `at` (ms)."""
    moment = Moment()
    moment.at = at
    ids = Ids(moment, Random(at + 2).randbytes)
    for intent in known:
        intents.save(tx, intent, 1, at)
        for phrase in intent.phrases:
            intents.add_phrase(tx, ids.new(), intent.name, phrase, at)
