"""Every permission with its name and what it allows, in both languages, in the order in which people read them."""

from msgspec import Struct

from app.accounts import policy
from app.model.health import Words


class Permission(Struct, frozen=True):
    """One thing that a role may hold; `about` is the heading it stands under."""

    key: str
    about: Words
    name: Words
    why: Words


_CONVERSATIONS = Words("Conversations", "会话")
_CONTACTS = Words("Contacts", "联系人")
_TICKETS = Words("Tickets", "工单")
_SYSTEMS = Words("Joined systems", "已接入系统")
_DESK = Words("The desk", "客服台")
_SERVER = Words("The server", "服务器")

PERMISSIONS: tuple[Permission, ...] = (
    Permission(
        policy.READ_ALL,
        _CONVERSATIONS,
        Words("See all conversations", "查看全部会话"),
        Words(
            "Those of every team, and all tickets where tickets may be seen.",
            "所有团队的会话；能查看工单时也包括全部工单。",
        ),
    ),
    Permission(
        policy.READ_TEAM,
        _CONVERSATIONS,
        Words("See one's teams' conversations", "查看所在团队的会话"),
        Words(
            "Those of the own teams and of no team. Without this and the one above: only what is assigned to oneself.",
            "所在团队及未分配团队的会话。两项都没有时只能看到分配给自己的会话。",
        ),
    ),
    Permission(
        policy.WRITE,
        _CONVERSATIONS,
        Words("Answer", "回复会话"),
        Words(
            "Write to customers and notes, take, hand over, resolve and reopen, use canned replies.",
            "回复客户、写备注，接手、转交、解决和重新打开会话，使用快捷回复。",
        ),
    ),
    Permission(
        policy.CANNED_MANAGE,
        _CONVERSATIONS,
        Words("Change shared replies", "管理共享快捷回复"),
        Words("Canned replies that everybody or other teams use.", "全员或其他团队使用的快捷回复。"),
    ),
    Permission(
        policy.TAGS_MANAGE,
        _CONVERSATIONS,
        Words("Manage tags", "管理标签"),
        Words("Which tags there are; to put them on takes “Answer”.", "维护标签列表；为会话打标签需要“回复会话”。"),
    ),
    Permission(
        policy.MACROS_MANAGE,
        _CONVERSATIONS,
        Words("Change shared macros", "管理共享宏"),
        Words("Macros that everybody or other teams use.", "全员或其他团队使用的宏。"),
    ),
    Permission(
        policy.CONTACTS_READ,
        _CONTACTS,
        Words("See contacts", "查看联系人"),
        Words(
            "All customers with their addresses, attributes and visited pages. Whose conversation one may read, his "
            "name and address one sees without this, too.",
            "全部客户及其联系方式、属性和浏览过的页面。能查看某会话时，无需此权限也能看到该客户的姓名和联系方式。",
        ),
    ),
    Permission(
        policy.CONTACTS_WRITE,
        _CONTACTS,
        Words("Change contacts", "修改联系人"),
        Words("Correct and complete what is known of a customer.", "更正和补充客户资料。"),
    ),
    Permission(
        policy.CONTACTS_MANAGE,
        _CONTACTS,
        Words("Manage contacts", "管理联系人"),
        Words("Merge contacts, keep organisations, import and export.", "合并联系人，维护组织，导入和导出。"),
    ),
    Permission(
        policy.TICKETS_READ,
        _TICKETS,
        Words("See tickets", "查看工单"),
        Words("Of the same teams as conversations.", "范围与可查看的会话相同。"),
    ),
    Permission(
        policy.TICKETS_WRITE,
        _TICKETS,
        Words("Work on tickets", "处理工单"),
        Words("Make, change, note, link and merge them.", "新建、修改、备注、关联和合并工单。"),
    ),
    Permission(
        policy.TICKETS_MANAGE,
        _TICKETS,
        Words("Set tickets up", "设置工单"),
        Words("Own fields, and views that everybody has.", "自定义字段，以及共享视图。"),
    ),
    Permission(
        policy.RECORDS_READ,
        _SYSTEMS,
        Words("See orders and records", "查看订单和记录"),
        Words(
            "What shops, CRM and ERP hold of a customer, beside his conversations.",
            "在会话旁查看商城、CRM 和 ERP 中该客户的资料。",
        ),
    ),
    Permission(
        policy.SOURCES_MANAGE,
        _SYSTEMS,
        Words("Join systems", "接入系统"),
        Words(
            "Sources, automations and webhooks: which systems are joined, how, and what did not get through.",
            "数据源、自动化和 Webhook：接入哪些系统、如何接入，以及未成功的数据。",
        ),
    ),
    Permission(
        policy.AGENTS_MANAGE,
        _DESK,
        Words("Manage agents", "管理客服"),
        Words(
            "Add, change and disable agents, end their sessions; never beyond one's own rights.",
            "添加、修改和停用客服，结束其登录会话；不能超出自己的权限。",
        ),
    ),
    Permission(
        policy.ROLES_MANAGE,
        _DESK,
        Words("Manage roles", "管理角色"),
        Words("Make and change roles out of what one may do oneself.", "在自己的权限范围内创建和修改角色。"),
    ),
    Permission(
        policy.TEAMS_MANAGE,
        _DESK,
        Words("Manage teams", "管理团队"),
        Words("Add and rename teams.", "添加和重命名团队。"),
    ),
    Permission(
        policy.INBOXES_MANAGE,
        _DESK,
        Words("Manage inboxes", "管理收件箱"),
        Words(
            "Websites with their widget, hours and secrets; mail, by which links for new passwords leave, too.",
            "网站及其窗口、营业时间和密钥；邮件（重设密码的链接也由此发出）。",
        ),
    ),
    Permission(
        policy.TOKENS_MANAGE,
        _DESK,
        Words("Manage API tokens", "管理 API 令牌"),
        Words(
            "Make tokens for programs within one's own rights; see and revoke everybody's.",
            "在自己的权限范围内为程序创建令牌；查看和撤销所有人的令牌。",
        ),
    ),
    Permission(
        policy.AUDIT_READ,
        _DESK,
        Words("Read the audit log", "查看审计日志"),
        Words("Who did what, whoever it was.", "所有人做过的操作。"),
    ),
    Permission(
        policy.SERVER_READ,
        _SERVER,
        Words("See how the server is", "查看服务器状态"),
        Words("Its state, warnings and settings.", "状态、警告和设置。"),
    ),
    Permission(
        policy.SERVER_MANAGE,
        _SERVER,
        Words("Run the server", "管理服务器"),
        Words("Have a backup made.", "立即备份。"),
    ),
)
