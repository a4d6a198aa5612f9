"""What a visitor's words say beside their matter: that he wants a person, is angry, agrees or gives up. Pure.

Short lists of our own in both languages. They are read on purpose as a cautious colleague would: one handed over too
many costs a minute, one held back too long costs a customer.
"""

import re
import unicodedata

_LOOKED_AT = 2_000  # characters
_SHORT = 24  # characters, in which one word says it all
_LOUD_LETTERS_MIN = 12
_LOUD_SHARE = 0.7

_HUMAN_ZH = re.compile(
    r"转人工|找人工|要人工|人工(客服|服务|坐席|接听|处理|回复)|真人|活人|(找|叫)(个)?人(来)?(处理|解决|说|聊)?(?!\n)$|人工(?!\n)$"
    r"|(转|找|要|叫|换)(个|一下|一位|你们)?(客服|人工|经理|主管|领导|老板|专员|同事)|转接(售后|售前|专员)|让人来|换个人(来|跟|和)"
    r"|不想(跟|和)(自动回复|机器)"
)
_NO_HUMAN_ZH = re.compile(
    r"人工智能|(不用|不要|别|无需|不需要)(转|找)?(人工|客服|真人)|(你|您|这)(们)?(到底)?(是|算)(不是)?.{0,8}(真人|人工|机器人|活人)"
    r"|(几点|时间|什么时候|多久)"
)
_HUMAN_EN = re.compile(
    r"\b(talk|speak|chat|connect|transfer|put|pass|hand|get|give|reach|contact|need|want|with|to)\b[\w' ]{0,30}"
    r"\b(a |an |the |some |your |real |live |actual )*"
    r"(human|person|agent|operator|representative|rep|supervisor|manager|colleague|someone real|real one)\b"
    r"|\b(real|live|actual) (human|person|agent)\b|\bhuman (agent|please|being|support)\b|\bnot a (bot|robot|machine)\b"
    r"|\boperator now\b|\btransfer me\b|\b(chat|talk|speak) with staff\b"
    r"|\bconnect me to (customer )?(service|support)\b"
)
_HUMAN_ALONE = frozenset(
    {"human", "agent", "operator", "person", "representative", "a person please", "person please", "agent please",
     "human please", "a human", "a person", "real person", "客服", "人工", "人工客服", "转接", "找客服", "人"}
)  # fmt: skip
_NO_HUMAN_EN = re.compile(
    r"\b(no|dont|without)\b[\w' ]{0,16}\b(human|person|agent|operator|representative)\b"
    r"|\b(are you|am i|is this|are u)\b[\w' ]{0,20}\b(human|person|bot|robot|ai|machine)\b"
)

_ANGRY_ZH = re.compile(
    r"垃圾|(?<!有)骗子(?!打)|骗人|骗钱|坑人|坑爹|太差|差劲|差评|恶心|气死|气人|滚(蛋|开)|废物|智障|傻[逼比缺]|妈的|他妈|狗屁|放屁|什么破"
    r"|忽悠|受够|忍无可忍|无语|投诉你|要投诉|曝光|315|12315|黑店|不要脸|没良心|离谱"
)
_ANGRY_EN = re.compile(
    r"\b(ridiculous|useless|pathetic|scam(mers?|mer)?(?! call)|fraud|thie(f|ves)|stupid|idiots?|damn|fuck\w*|shit\w*"
    r"|bullshit|crap|unacceptable|furious|outrageous|liars?|rip ?off|fed up|sick of|waste of (my )?(time|money)"
    r"|sue you|lawyer"
    r"|(terrible|horrible|awful|disgusting|worst)( \w+)? (service|support|company|shop|store|experience|customer)"
    r"|never (buy|order|shop)\w* (here|again|from you))\b"
)
_GLAD = re.compile(r"赞|棒|谢|喜欢|满意|great|love|thank|awesome|perfect|amazing|excellent")
_SHOUTS = re.compile(r"[!！]{3,}|[?？]{4,}|[!！?？]{5,}")

_CANCEL = frozenset(
    {"cancel", "never mind", "nevermind", "stop", "forget it", "quit", "exit", "no thanks", "nothing",
     "取消", "算了", "不用了", "不要了", "退出", "停", "没事了", "不问了", "没什么"}
)  # fmt: skip
_YES = frozenset(
    {"yes", "yes thanks", "yes thank you", "yep", "yeah", "thanks", "thank you", "thank you very much", "that helped",
     "this helped", "it helped", "solved", "great", "great thanks", "perfect", "ok thanks", "got it", "got it thanks",
     "有帮助", "有用", "解决了", "已解决", "好的谢谢", "谢谢", "谢谢你", "多谢", "明白了", "知道了", "可以了",
     "是的", "是"}
)  # fmt: skip
_NO = frozenset(
    {"no", "nope", "not really", "no it did not", "this did not help", "that did not help", "did not help",
     "it did not help", "that didnt help", "didnt help", "not helpful", "wrong answer", "thats wrong", "useless answer",
     "没帮助", "没有帮助", "没用", "没解决", "没有解决", "不对", "不是这个", "答非所问", "没有", "否", "不是"}
)  # fmt: skip
_KEPT = re.compile(r"[^\w\s]|_")


def plain(text: str) -> str:
    """Words to compare: NFKC, lower case, without punctuation, single blanks."""
    folded = unicodedata.normalize("NFKC", text[:_LOOKED_AT]).casefold().replace("'", "").replace("’", "")
    return " ".join(_KEPT.sub(" ", folded).split())


def wants_human(text: str) -> bool:
    """Whether somebody asks for a person."""
    words = plain(text)
    close = words.replace(" ", "")
    if words in _HUMAN_ALONE or close in _HUMAN_ALONE:
        return True
    if _HUMAN_ZH.search(close) and not _NO_HUMAN_ZH.search(close):
        return True
    return bool(_HUMAN_EN.search(words)) and not _NO_HUMAN_EN.search(words)


def is_angry(text: str) -> bool:
    """Whether it sounds angry: by its words, by many marks, or shouted in capitals."""
    words = plain(text)
    return bool(
        _ANGRY_ZH.search(words.replace(" ", ""))
        or _ANGRY_EN.search(words)
        or ((_SHOUTS.search(text[:_LOOKED_AT]) or _loud(text[:_LOOKED_AT])) and not _GLAD.search(words))
    )


def gives_up(text: str) -> bool:
    """Whether he wants to leave what he is being asked; only such words alone, for `cancel my order` is a matter."""
    return plain(text) in _CANCEL


def judges(text: str) -> bool | None:
    """Whether he says that something helped, or that it did not; None: he says neither."""
    words = plain(text)
    close = words.replace(" ", "")
    if len(words) > _SHORT:
        return None
    if words in _NO or close in _NO:
        return False
    return True if words in _YES or close in _YES else None


def _loud(text: str) -> bool:
    letters = [character for character in text if character.isascii() and character.isalpha()]
    if len(letters) < _LOUD_LETTERS_MIN or len(text.split()) < 3:
        return False
    return sum(map(str.isupper, letters)) >= _LOUD_SHARE * len(letters)
