"""What is said of a ticket that cannot be made, changed, linked or merged as asked."""

from app.accounts.policy import allowed
from app.model.errors import Conflict, Invalid
from app.model.principals import Principal
from app.model.tickets import TicketStatus
from app.storage import tickets
from app.storage.database import Transaction


def empty(field: str) -> Invalid:
    return Invalid("empty", "There are no words in it. Write some.", "内容为空。请填写。", field=field)


def unknown(noun: str, en: str, zh: str) -> Invalid:
    return Invalid(
        f"{noun}_unknown",
        f"This {en} does not exist. Choose from the list.",
        f"{zh}不存在。请从列表中选择。",
        field=f"{noun}_id",
    )


def status_unknown() -> Invalid:
    return Invalid(
        "status_unknown",
        "This status does not exist. Choose from the list.",
        "该状态不存在。请从列表中选择。",
        field="status",
    )


def status_archived(status: TicketStatus) -> Invalid:
    return Invalid(
        "status_archived",
        f"{status.name_en} is archived and given to no ticket any more. Choose another status.",
        f"状态“{status.name_zh}”已归档，不能再使用。请选择其他状态。",
        field="status",
    )


def stale() -> Conflict:
    return Conflict(
        "stale",
        "Somebody else has changed this ticket meanwhile. Look at it as it is now, then change it again.",
        "该工单刚被其他人修改。请查看最新内容后再修改。",
    )


def taken(tx: Transaction, principal: Principal, holder_id: str) -> Conflict:
    """By whom, if he may know."""
    holder = tickets.by_id(tx, holder_id)
    seen = holder is not None and allowed(principal, "ticket.read", holder)
    en, zh = (f"Ticket #{holder.number}", f"工单 #{holder.number}") if holder and seen else ("A ticket", "其他工单")
    return Conflict(
        "reference_taken",
        f"{en} is called so already. Check the number, or link it there.",
        f"{zh}已使用该编号。请核对编号，或在该工单中关联。",
    )


def merged(tx: Transaction, target_id: str) -> Conflict:
    target = tickets.by_id(tx, target_id)
    number = target.number if target else 0
    return Conflict(
        "merged",
        f"This ticket was merged into #{number} and is to be read only. Change #{number}, or undo the merging first.",
        f"该工单已合并到 #{number}，只能查看。请修改 #{number}，或先撤销合并。",
    )


def merge_itself() -> Conflict:
    return Conflict(
        "merge_itself",
        "A ticket cannot be merged into itself. Choose another one.",
        "工单不能合并到自身。请选择其他工单。",
    )


def holds_others() -> Conflict:
    return Conflict(
        "merge_holds_others",
        "Other tickets were merged into this one. Merge the other way round, or undo those first.",
        "已有其他工单合并到此工单。请反向合并，或先撤销那些合并。",
    )


def not_merged() -> Conflict:
    return Conflict(
        "not_merged", "This ticket was not merged. Load it again.", "该工单没有被合并。请重新加载。"
    )  # fmt: skip


def too_late(hours: int) -> Conflict:
    return Conflict(
        "too_late",
        f"A merging can be undone for {hours} hours. Make a new ticket instead.",
        f"合并只能在 {hours} 小时内撤销。请新建工单。",
    )


def too_many_at_once(most: int) -> Invalid:
    return Invalid(
        "too_many_at_once",
        f"At most {most} tickets are changed at once. Choose fewer.",
        f"一次最多修改 {most} 个工单。请减少选择。",
        field="ids",
    )


def too_many_links(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"A ticket has at most {most} of these. Take away what is not needed.",
        f"每个工单最多 {most} 个。请先移除不需要的。",
    )


def history_full(most: int) -> Conflict:
    return Conflict(
        "limit_reached",
        f"The history of this ticket holds {most} entries, which is the most. Go on in a new one.",
        f"该工单的历史记录已达上限 {most} 条。请新建工单继续。",
    )
