"""The demo shop's canned replies, in both languages."""

from random import Random

from msgspec import Struct

from app.demo.play import Cast, Moment
from app.model.canned import CannedReply, Scope
from app.model.ids import Ids


class _Told(Struct, frozen=True):
    shortcut: str
    title: str
    en: str
    zh: str
    scope: Scope
    used: int


_TOLD = (
    _Told("hi", "问候 Greeting", "Hello {{contact.name|there}}, this is {{agent.name}}. How can I help?",
          "{{contact.name|你}}好，我是{{agent.name}}，有什么可以帮你？", Scope.ALL, 1_904),
    _Told("damaged", "破损不用寄回 Damaged, keep it",
          "No need to return the broken one. Please wrap it well before you throw it away, so that nobody gets cut.",
          "坏的这只不用寄回，包好丢弃就可以，小心别划到手。", Scope.TEAM, 312),
    _Told("resend", "破损补发登记 Replacement on its way",
          "A replacement is registered. You will find its tracking number here before 20:00 today.",
          "已为你登记补发，运单号会在今晚 20:00 前更新到这里。", Scope.ALL, 1_204),
    _Told("photo", "请拍照 Ask for a photo",
          "Could you send a photo of the damage and one of the parcel's label? That is all we need.",
          "麻烦拍一张破损处的照片和一张快递面单，这样就够了。", Scope.TEAM, 268),
    _Told("refund", "退款时间 When the refund arrives",
          "The refund is on its way. Banks need 3 to 5 working days to show it.",
          "退款已经发起，银行一般需要 3–5 个工作日到账。", Scope.ALL, 877),
    _Told("track", "查物流 Where is my parcel",
          "Let me look where your parcel is. Could you give me the order number?",
          "我来帮你查一下物流，方便告诉我订单号吗？", Scope.ALL, 1_530),
    _Told("address", "改地址 Change the address",
          "It has not been sent yet, so the address can still be changed. What is the new one?",
          "订单还没发出，可以改地址。请把新地址发给我。", Scope.ALL, 406),
    _Told("invoice", "开发票 Invoice",
          "Please send the company's name and tax number. The invoice comes to {{contact.email|your e-mail address}}.",
          "请提供发票抬头和税号，发票会发到{{contact.email|你的邮箱}}。", Scope.ALL, 655),
    _Told("grind", "研磨度 Grind size",
          "For a pour-over start at 18 clicks, and go finer if it runs through in less than two minutes.",
          "手冲建议从 18 格开始，如果两分钟内就流完，再调细一点。", Scope.TEAM, 143),
    _Told("induction", "电磁炉 Induction",
          "The kettle's base is steel: it works on gas, ceramic and induction hobs.",
          "壶底是钢的，燃气灶、电陶炉、电磁炉都能用。", Scope.TEAM, 97),
    _Told("wait", "请稍等 One moment", "One moment please, I am checking with the warehouse.",
          "请稍等，我和仓库核实一下。", Scope.ALL, 2_061),
    _Told("bye", "道别 Good-bye", "Glad I could help. Enjoy your coffee, {{contact.name|and come back any time}}.",
          "不客气，祝你喝得开心。有问题随时找我。", Scope.ALL, 1_377),
    _Told("mine", "我的签名 My signature", "{{agent.name}}, {{inbox.name}}", "{{inbox.name}} {{agent.name}}",
          Scope.ME, 27),
)  # fmt: skip


def replies(cast: Cast, random: Random, at: int) -> tuple[CannedReply, ...]:
    """Made at `at` (ms) by the owner: everybody's, After-sales' and his own."""
    moment = Moment()
    moment.at = at
    ids = Ids(moment, random.randbytes)
    owner = cast.agents[0][0].id
    return tuple(
        CannedReply(
            ids.new(), told.shortcut, told.title, told.en, told.zh, told.scope, owner,
            cast.after_sales.id if told.scope is Scope.TEAM else None, at + number, at + number, told.used,
        )
        for number, told in enumerate(_TOLD)
    )  # fmt: skip
