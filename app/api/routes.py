"""The one table of routes.

It drives routing, proof of identity, validation, the OpenAPI page and the matrix test: what is not in it is not served.
"""

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewAgent, NewTeam
from app.accounts.audit import AuditPage, AuditQuery
from app.accounts.credentials import Draft, SecondStep
from app.accounts.fields import FieldChange, FieldOrder, NewField
from app.accounts.inboxes import InboxChange, NewInbox
from app.accounts.roles import NewRole, RoleChange
from app.accounts.schedules import HoursOfTeam, NewSchedule, ScheduleChange
from app.accounts.tokens import MadeToken, NewToken
from app.api.access import (
    AccessLinkAnswer,
    AccessLinkAsk,
    AccessRoutes,
    Account,
    ForgottenPassword,
    LinkedPassword,
    Mailed,
)
from app.api.agents import AgentList, AgentRoutes
from app.api.audit import AuditRoutes
from app.api.automations import AutomationRoutes
from app.api.blocks import BlockAnswer, BlockList, BlockRoutes
from app.api.call import Done, Nothing
from app.api.canned import CannedReplyAnswer, CannedReplyList, CannedRoutes
from app.api.contacts import ContactAnswer, ContactDetail, ContactQuery, ContactRoutes, MergeInto
from app.api.conversations import (
    ConversationAnswer,
    ConversationRoutes,
    ListQuery,
    MentionList,
    Resolution,
    ThreadQuery,
    VersionList,
)
from app.api.credentials import CredentialRoutes, FirstCode, Proof, RecoveryCodes
from app.api.drafts import DraftRoutes
from app.api.exchange import ExchangeRoutes, ImportQuery
from app.api.fields import FieldAnswer, FieldList, FieldRoutes
from app.api.files import FileRoutes
from app.api.frames import Frames, FramesShown, FrameTwins
from app.api.health import Health, Manual, Ready
from app.api.identities import IdentityRoutes, KeyList
from app.api.inboxes import InboxAnswer, InboxList, InboxRoutes
from app.api.invitations import InvitationRoutes, Invited
from app.api.mail import HeadingAnswer, MailboxAnswer, MailFacts, MailRoutes, MailTrial, RelayAnswer
from app.api.me import Me, MeChange, MeRoutes, SessionState
from app.api.messages import MessageRoutes, NewMessage, NewVisitorMessage
from app.api.organisations import OrganisationAnswer, OrganisationDetail, OrganisationQuery, OrganisationRoutes
from app.api.poll import Poll, Polls
from app.api.ratings import RatingRoutes
from app.api.records import RecordAnswer, RecordQuery, RecordRoutes
from app.api.roles import RoleAnswer, RoleList, RoleRoutes
from app.api.route import Media, Route, for_agents, for_anyone, for_visitors
from app.api.routing import Declined, OfferAnswer, OfferList, RoutingRoutes
from app.api.schedules import ScheduleAnswer, ScheduleList, ScheduleRoutes, TeamHoursAnswer
from app.api.search import SearchQuery, SearchRoutes
from app.api.server import BackupAnswer, ServerRoutes
from app.api.session import AgentAnswer, CodeSignIn, DemoSignIn, OwnSessions, SessionRoutes, SignIn, SignInAnswer
from app.api.setup import LinkProof, SetUp, SetUpRoutes, SetUpState
from app.api.site import Opener, SiteRoutes
from app.api.sources import SourceRoutes
from app.api.tags import TagAnswer, TagList, TagRoutes
from app.api.teams import TeamAnswer, TeamList, TeamRoutes
from app.api.tickets import (
    EntryQuery,
    NoticeChoiceAnswer,
    StatusAnswer,
    StatusList,
    TicketAnswer,
    TicketNoticeRoutes,
    TicketRoutes,
    TicketStatusRoutes,
    TicketViewRoutes,
    ViewAnswer,
    ViewList,
)
from app.api.tokens import TokenList, TokenRoutes
from app.api.tools import (
    ConversationBulk,
    MacroAnswer,
    MacroList,
    Preview,
    ScheduledAnswer,
    ScheduledList,
    ToolRoutes,
)
from app.api.uploads import UploadRoutes, UploadState
from app.api.visitor import IdentityAnswer, RatingAnswer, SignedIdentity, VisitorAnswer, VisitorAsk, VisitorRoutes
from app.chat.actions import ChangedConversations
from app.chat.blocking import NewBlock
from app.chat.canned import CannedReplyChange, NewCannedReply
from app.chat.conversations import Assignment
from app.chat.drafts import DraftChange
from app.chat.history import Detail, Listing, ThreadPage
from app.chat.labels import Labels
from app.chat.macros import MacroChange, MacroChoice, MacroRun, NewMacro
from app.chat.merging import Other, Related
from app.chat.offline_messages import Left, NewOfflineMessage
from app.chat.ratings import Judgement, RatingList, RatingQuery
from app.chat.reception import Reception
from app.chat.router import Handover
from app.chat.scheduling import NewScheduled, UndoSend
from app.chat.search import Hits, Places
from app.chat.site import SiteList
from app.chat.snoozing import Snooze
from app.chat.tags import NewTag, TagChange
from app.chat.ticketing import TicketFromConversation
from app.contacts.contacts import ContactChange, ContactPage
from app.contacts.customers import MadeKey
from app.contacts.introductions import Claim, Happening, Introduction, Standing
from app.contacts.organisations import NewOrganisation, OrganisationChange, OrganisationPage
from app.exchange.imports import ImportReport
from app.mail.follow_ups import Posted
from app.mail.mailboxes import NewMailbox
from app.mail.relay import NewRelay, Tried
from app.mail.transcripts import TranscriptAsk, TranscriptTo
from app.model.automations import AutomationList, AutomationSaved, NewAutomation
from app.model.conversations import Attachment
from app.model.drafts import Drafts
from app.model.fields import Noun
from app.model.frames import Ack, ClientFrame
from app.model.health import Report
from app.model.routing import RuleBook, Rules
from app.model.sources import (
    Forgetting,
    LetterPage,
    Letters,
    LetterShown,
    LettersRemoved,
    LettersReplayed,
    NewSpec,
    PageQuery,
    PresetList,
    RunPage,
    Sample,
    SampleList,
    SourceDetail,
    SourceList,
    SpecChecked,
    SpecSaved,
    SpecText,
    Switch,
)
from app.model.sources import Preview as SourcePreview
from app.model.tickets import NoticeChoice
from app.records.records import RecordPage
from app.server.server import Machine, ServerFacts
from app.telemetry.metrics import CONTENT_TYPE
from app.tickets.notices import NoticeList, NoticeQuery, Seen
from app.tickets.queries import EntryPage, TicketDetail, TicketList, TicketQuery
from app.tickets.statuses import NewStatus, StatusChange, StatusOrder
from app.tickets.tickets import Bulk, Changed, Merge, Named, NewNote, NewTicket, TicketChange, Tie
from app.tickets.views import NewView


class Resources(Struct, frozen=True):
    """The handlers, one object per resource."""

    health: Health
    manual: Manual
    setup: SetUpRoutes
    session: SessionRoutes
    me: MeRoutes
    credentials: CredentialRoutes
    agents: AgentRoutes
    teams: TeamRoutes
    inboxes: InboxRoutes
    schedules: ScheduleRoutes
    invitations: InvitationRoutes
    blocks: BlockRoutes
    site: SiteRoutes
    conversations: ConversationRoutes
    routing: RoutingRoutes
    messages: MessageRoutes
    drafts: DraftRoutes
    canned: CannedRoutes
    tags: TagRoutes
    tools: ToolRoutes
    contacts: ContactRoutes
    organisations: OrganisationRoutes
    records: RecordRoutes
    sources: SourceRoutes
    automations: AutomationRoutes
    ratings: RatingRoutes
    tickets: TicketRoutes
    fields: dict[Noun, FieldRoutes]
    ticket_statuses: TicketStatusRoutes
    ticket_notices: TicketNoticeRoutes
    ticket_views: TicketViewRoutes
    visitor: VisitorRoutes
    search: SearchRoutes
    files: FileRoutes
    uploads: UploadRoutes
    frames: FrameTwins
    polls: Polls
    server: ServerRoutes
    audit: AuditRoutes
    access: AccessRoutes
    mail: MailRoutes
    roles: RoleRoutes
    identities: IdentityRoutes
    exchange: ExchangeRoutes
    tokens: TokenRoutes


def table(of: Resources) -> tuple[Route, ...]:
    """Every route of the product, in the order of ARCHITECTURE.md, "HTTP"."""
    return (
        *_door(of), *_oneself(of), *_accounts(of), *_mail(of), *_server(of), *_canned(of), *_tags(of), *_tools(of),
        *_conversations(of), *_routing(of), *_tickets(of), *_organisations(of), *_records(of), *_sources(of),
        *_fields(of), *_live(of), *_visitor(of), *_machines(of),
    )  # fmt: skip


def _door(of: Resources) -> tuple[Route, ...]:
    return (
        for_anyone(
            "GET", "/api/v1/setup", of.setup.state, Nothing, SetUpState,
            "Whether the desk still needs an owner", "客服台是否尚需设置所有者",
        ),
        for_anyone(
            "POST", "/api/v1/setup", of.setup.make, SetUp, AgentAnswer,
            "Become the owner with a set-up link", "凭设置链接成为所有者",
        ),
        for_anyone(
            "POST", "/api/v1/setup/machine", of.setup.machine, LinkProof, Machine,
            "What this machine gives, for who holds a set-up link", "凭设置链接查看本机配置",
        ),
        for_anyone(
            "GET", "/api/v1/session", of.me.session, Nothing, SessionState,
            "Who is signed in, if anybody", "当前登录者（如有）",
        ),
        for_anyone(
            "POST", "/api/v1/session", of.session.sign_in, SignIn, SignInAnswer,
            "Sign in", "登录",
        ),
        for_anyone(
            "POST", "/api/v1/session/code", of.session.sign_in_by_code, CodeSignIn, AgentAnswer,
            "Answer the challenge of a sign-in with a code", "用验证码完成登录的第二步",
        ),
        for_agents(
            "DELETE", "/api/v1/session", "", of.session.sign_out, Nothing, Done,
            "Sign out", "退出登录", in_person=True,
        ),
        for_anyone(
            "POST", "/api/v1/session/demo", of.session.sign_in_demo, DemoSignIn, AgentAnswer,
            "Sign in to a demo by its link, on the same machine", "在本机凭演示链接登录",
        ),
        for_anyone(
            "POST", "/api/v1/session/forgotten", of.access.forgotten, ForgottenPassword, Mailed,
            "Ask for a link to set a new password", "申请重设密码的链接",
        ),
        for_anyone(
            "POST", "/api/v1/session/password", of.access.use, LinkedPassword, Account,
            "Set a password by a link", "凭链接设置密码",
        ),
    )  # fmt: skip


def _oneself(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/me", "", of.me.read, Nothing, Me,
            "Who I am and what I may do", "我的身份与权限",
        ),
        for_agents(
            "PATCH", "/api/v1/me", "", of.me.change, MeChange, AgentAnswer,
            "Change my profile", "修改我的资料", in_person=True,
        ),
        for_agents(
            "GET", "/api/v1/me/sessions", "", of.session.listing, Nothing, OwnSessions,
            "Where I am signed in", "我的登录会话", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/me/sessions", "", of.session.end_others, Nothing, Done,
            "End my sessions but this one", "结束我的其他登录会话", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/me/sessions/{id}", "", of.session.end, Nothing, Done,
            "End one of my sessions", "结束我的某个登录会话", in_person=True,
        ),
        for_agents(
            "GET", "/api/v1/me/second-step", "", of.credentials.read, Nothing, SecondStep,
            "Whether I am asked for a code at sign-in", "我的两步登录状态", in_person=True,
        ),
        for_agents(
            "POST", "/api/v1/me/second-step", "", of.credentials.draft, Proof, Draft,
            "A secret for my app, of no effect yet", "生成供验证器应用使用的密钥（尚未生效）", in_person=True,
        ),
        for_agents(
            "POST", "/api/v1/me/second-step/confirm", "", of.credentials.confirm, FirstCode, RecoveryCodes,
            "Switch it on with a first code", "用首个验证码开启两步登录", in_person=True,
        ),
        for_agents(
            "POST", "/api/v1/me/second-step/codes", "", of.credentials.renew_codes, Proof, RecoveryCodes,
            "New recovery codes", "生成新的恢复码", in_person=True,
        ),
        for_agents(
            "POST", "/api/v1/me/second-step/off", "", of.credentials.switch_off, Proof, AgentAnswer,
            "Switch it off", "关闭两步登录", in_person=True,
        ),
    )  # fmt: skip


def _accounts(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/agents", "agent.read", of.agents.listing, Nothing, AgentList,
            "All agents", "全部客服",
        ),
        for_agents(
            "POST", "/api/v1/agents", "agent.manage", of.agents.create, NewAgent, AgentAnswer,
            "Add an agent", "添加客服",
        ),
        for_agents(
            "PATCH", "/api/v1/agents/{id}", "agent.manage", of.agents.change, AgentChange, AgentAnswer,
            "Change or disable an agent", "修改或停用客服",
        ),
        for_agents(
            "POST", "/api/v1/agents/{id}/link", "agent.manage", of.access.give, AccessLinkAsk, AccessLinkAnswer,
            "Invite an agent, or let him set a new password", "邀请客服，或让其重设密码", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/agents/{id}/second-step", "agent.manage", of.credentials.reset, Nothing, Done,
            "Switch off an agent's second step", "关闭客服的两步登录", in_person=True,
        ),
        for_agents(
            "GET", "/api/v1/agents/{id}/sessions", "agent.manage", of.session.of_agent, Nothing, OwnSessions,
            "Where an agent is signed in", "客服的登录会话", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/agents/{id}/sessions", "agent.manage", of.session.end_of_agent, Nothing, Done,
            "Sign an agent out everywhere", "结束客服的全部登录会话", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/sessions/{id}", "agent.manage", of.session.end_of_any, Nothing, Done,
            "End an agent's session", "结束客服的某个登录会话", in_person=True,
        ),
        for_agents(
            "GET", "/api/v1/roles", "role.read", of.roles.listing, Nothing, RoleList,
            "All roles, and all permissions with what they allow", "全部角色，以及全部权限及其说明",
        ),
        for_agents(
            "POST", "/api/v1/roles", "role.manage", of.roles.create, NewRole, RoleAnswer,
            "Add a role", "添加角色", in_person=True,
        ),
        for_agents(
            "PATCH", "/api/v1/roles/{id}", "role.manage", of.roles.change, RoleChange, RoleAnswer,
            "Change a role", "修改角色", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/roles/{id}", "role.manage", of.roles.delete, Nothing, Done,
            "Delete a role that nobody has", "删除无人使用的角色", in_person=True,
        ),
        for_agents(
            "GET", "/api/v1/tokens", "token.manage", of.tokens.listing, Nothing, TokenList,
            "Everybody's API tokens, without their secrets", "全部 API 令牌（不含密钥）", in_person=True,
        ),
        for_agents(
            "POST", "/api/v1/tokens", "token.manage", of.tokens.create, NewToken, MadeToken,
            "Make a token; its secret is told this once", "创建令牌；密钥仅显示这一次", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/tokens/{id}", "token.manage", of.tokens.delete, Nothing, Done,
            "Revoke a token at once", "立即撤销令牌", in_person=True,
        ),
        for_agents(
            "GET", "/api/v1/teams", "team.read", of.teams.listing, Nothing, TeamList,
            "All teams", "全部团队",
        ),
        for_agents(
            "POST", "/api/v1/teams", "team.manage", of.teams.create, NewTeam, TeamAnswer,
            "Add a team", "添加团队",
        ),
        for_agents(
            "PATCH", "/api/v1/teams/{id}", "team.manage", of.teams.rename, NewTeam, TeamAnswer,
            "Rename a team", "修改团队名称",
        ),
        for_agents(
            "GET", "/api/v1/inboxes", "inbox.read", of.inboxes.listing, Nothing, InboxList,
            "All inboxes", "全部收件箱",
        ),
        for_agents(
            "POST", "/api/v1/inboxes", "inbox.manage", of.inboxes.create, NewInbox, InboxAnswer,
            "Add an inbox", "添加收件箱",
        ),
        for_agents(
            "PATCH", "/api/v1/inboxes/{id}", "inbox.manage", of.inboxes.change, InboxChange, InboxAnswer,
            "Change an inbox", "修改收件箱",
        ),
        for_agents(
            "GET", "/api/v1/inboxes/{id}/identity-keys", "inbox.manage", of.identities.listing, Nothing, KeyList,
            "An inbox's secrets for signed identity, never themselves", "收件箱的签名密钥列表（不含密钥本身）",
        ),
        for_agents(
            "POST", "/api/v1/inboxes/{id}/identity-keys", "inbox.manage", of.identities.create, Nothing, MadeKey,
            "Make such a secret; it is told this once", "生成签名密钥；仅显示这一次", in_person=True,
        ),
        for_agents(
            "DELETE", "/api/v1/identity-keys/{id}", "inbox.manage", of.identities.end, Nothing, Done,
            "End one at once", "立即停用签名密钥",
        ),
        for_agents(
            "GET", "/api/v1/inboxes/{id}/invitations", "inbox.manage", of.invitations.counts, Nothing, Invited,
            "How often invitations were shown and followed", "邀请的展示与接受次数",
        ),
        for_agents(
            "GET", "/api/v1/schedules", "inbox.read", of.schedules.listing, Nothing, ScheduleList,
            "Opening hours that are shared, and when teams are there", "共用的营业时间表与各团队的服务时间",
        ),
        for_agents(
            "POST", "/api/v1/schedules", "inbox.manage", of.schedules.create, NewSchedule, ScheduleAnswer,
            "Add a schedule", "添加营业时间表",
        ),
        for_agents(
            "PATCH", "/api/v1/schedules/{id}", "inbox.manage", of.schedules.change, ScheduleChange, ScheduleAnswer,
            "Change a schedule", "修改营业时间表",
        ),
        for_agents(
            "DELETE", "/api/v1/schedules/{id}", "inbox.manage", of.schedules.delete, Nothing, Done,
            "Remove a schedule that nobody follows", "删除未被使用的营业时间表",
        ),
        for_agents(
            "PUT", "/api/v1/teams/{id}/hours", "team.manage", of.schedules.set_team, HoursOfTeam, TeamHoursAnswer,
            "Say when a team is there", "设置团队的服务时间",
        ),
        for_agents(
            "GET", "/api/v1/blocks", "contact.read", of.blocks.listing, Nothing, BlockList,
            "Visitors and networks that are blocked", "已屏蔽的访客与地址段",
        ),
        for_agents(
            "POST", "/api/v1/blocks", "contact.write", of.blocks.create, NewBlock, BlockAnswer,
            "Block a visitor, or a network", "屏蔽访客或地址段",
        ),
        for_agents(
            "DELETE", "/api/v1/blocks/{id}", "contact.write", of.blocks.delete, Nothing, Done,
            "End a block", "取消屏蔽",
        ),
        for_agents(
            "GET", "/api/v1/visitors", "contact.read", of.site.listing, Nothing, SiteList,
            "Who is on the sites now", "当前在线的访客",
        ),
        for_agents(
            "POST", "/api/v1/contacts/{id}/conversations", "conversation.write", of.site.begin, Opener, Ack,
            "Start a conversation with a visitor", "主动向访客发起会话", keyed=True,
        ),
    )  # fmt: skip


def _mail(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/mail", "inbox.manage", of.mail.facts, Nothing, MailFacts,
            "How e-mail is set", "邮箱设置",
        ),
        for_agents(
            "PUT", "/api/v1/mail/relay", "inbox.manage", of.mail.set_relay, NewRelay, RelayAnswer,
            "Set the server that letters leave by", "设置发信服务器",
        ),
        for_agents(
            "DELETE", "/api/v1/mail/relay", "inbox.manage", of.mail.remove_relay, Nothing, Done,
            "Send no more letters", "停止发信",
        ),
        for_agents(
            "POST", "/api/v1/mail/test", "inbox.manage", of.mail.try_relay, MailTrial, Tried,
            "Send a real letter and say what happened", "发送测试邮件并返回结果",
        ),
        for_agents(
            "POST", "/api/v1/mail/mailboxes", "inbox.manage", of.mail.add_mailbox, NewMailbox, MailboxAnswer,
            "Add an address that is an inbox", "添加邮箱收件箱",
        ),
        for_agents(
            "PUT", "/api/v1/mail/mailboxes/{id}", "inbox.manage", of.mail.change_mailbox, NewMailbox, MailboxAnswer,
            "Set an address anew", "修改邮箱收件箱",
        ),
        for_agents(
            "POST", "/api/v1/mail/mailboxes/{id}/test", "inbox.manage", of.mail.try_mailbox, Nothing, Tried,
            "Look into a mailbox now and say what happened", "立即收取邮箱并返回结果",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/mail", "conversation.read", of.mail.heading, Nothing, HeadingAnswer,
            "Whom the next answer by mail goes to", "下一封邮件回复的收件人与主题",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/transcript", "conversation.write", of.mail.transcript, Nothing, Posted,
            "Mail all of it to the customer", "将完整会话邮件发送给客户",
        ),
    )  # fmt: skip


def _server(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/audit", "audit.read", of.audit.listing, AuditQuery, AuditPage,
            "Who did what to what, newest first", "审计日志：谁对什么做了什么，最新的在前",
        ),
        for_agents(
            "GET", "/api/v1/server", "server.read", of.server.facts, Nothing, ServerFacts,
            "How the server stands", "服务器的状况",
        ),
        replace(
            for_agents(
                "POST", "/api/v1/server/backups", "server.manage", of.server.back_up, Nothing, BackupAnswer,
                "Make a backup now", "立即备份",
            ),
            status=202,
        ),
    )  # fmt: skip


def _canned(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/canned-replies", "canned_reply.read", of.canned.listing, Nothing, CannedReplyList,
            "The canned replies I may use", "我可使用的快捷回复",
        ),
        for_agents(
            "POST", "/api/v1/canned-replies", "canned_reply.write", of.canned.create, NewCannedReply,
            CannedReplyAnswer, "Add a canned reply", "添加快捷回复",
        ),
        for_agents(
            "PATCH", "/api/v1/canned-replies/{id}", "canned_reply.write", of.canned.change, CannedReplyChange,
            CannedReplyAnswer, "Change a canned reply", "修改快捷回复",
        ),
        for_agents(
            "DELETE", "/api/v1/canned-replies/{id}", "canned_reply.write", of.canned.delete, Nothing, Done,
            "Delete a canned reply", "删除快捷回复",
        ),
        for_agents(
            "POST", "/api/v1/canned-replies/{id}/used", "canned_reply.read", of.canned.used, Nothing, Done,
            "Count that I used it", "记录一次使用",
        ),
    )  # fmt: skip


def _tags(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/tags", "conversation.read", of.tags.listing, Nothing, TagList,
            "The desk's tags, archived ones too", "全部标签（含已归档）",
        ),
        for_agents(
            "POST", "/api/v1/tags", "tag.write", of.tags.create, NewTag, TagAnswer,
            "Add a tag", "添加标签",
        ),
        for_agents(
            "PATCH", "/api/v1/tags/{id}", "tag.write", of.tags.change, TagChange, TagAnswer,
            "Rename, colour or archive a tag", "修改标签的名称、颜色或归档",
        ),
        for_agents(
            "PATCH", "/api/v1/conversations/{id}", "conversation.write", of.tags.label, Labels, ConversationAnswer,
            "Change tags and priority of a conversation", "修改会话的标签与优先级",
        ),
    )  # fmt: skip


def _tools(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "POST", "/api/v1/conversations/{id}/snooze", "conversation.write", of.tools.snooze, Snooze,
            ConversationAnswer, "Let it sleep until a moment, or until the visitor writes",
            "稍后处理：到某一时刻或访客来信为止",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/wake", "conversation.write", of.tools.wake, Nothing,
            ConversationAnswer, "Wake it before its time", "提前唤醒",
        ),
        for_agents(
            "POST", "/api/v1/conversations/bulk", "conversation.write", of.tools.change_all, ConversationBulk,
            ChangedConversations, "Do the same with several conversations", "批量操作会话",
        ),
        for_agents(
            "GET", "/api/v1/macros", "macro.read", of.tools.macros, Nothing, MacroList,
            "The macros I may use", "我可使用的宏",
        ),
        for_agents(
            "POST", "/api/v1/macros", "macro.write", of.tools.create_macro, NewMacro, MacroAnswer,
            "Add a macro", "添加宏",
        ),
        for_agents(
            "PATCH", "/api/v1/macros/{id}", "macro.write", of.tools.change_macro, MacroChange, MacroAnswer,
            "Change a macro", "修改宏",
        ),
        for_agents(
            "DELETE", "/api/v1/macros/{id}", "macro.write", of.tools.delete_macro, Nothing, Done,
            "Delete a macro", "删除宏",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/macros/preview", "conversation.write", of.tools.preview, MacroChoice,
            Preview, "What a macro would do here; nothing is stored", "预览宏在此会话中的操作，不保存",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/macros", "conversation.write", of.tools.run, MacroRun,
            ConversationAnswer, "Do all that a macro does, or nothing", "执行宏：全部执行或全不执行",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/related", "conversation.read", of.tools.related, Nothing, Related,
            "What is merged into it and linked with it", "已合并与已关联的会话",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/merge", "conversation.write", of.tools.merge, Other,
            ConversationAnswer, "Merge two of a customer: the older goes on", "合并同一客户的两个会话：较早的继续",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/unmerge", "conversation.write", of.tools.unmerge, Nothing,
            ConversationAnswer, "Undo a merging", "撤销合并",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/links", "conversation.write", of.tools.link, Other,
            ConversationAnswer, "Link another conversation", "关联另一个会话",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/links/remove", "conversation.write", of.tools.unlink, Other,
            ConversationAnswer, "Take a link away", "取消关联",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/versions", "conversation.read", of.conversations.versions, Nothing,
            VersionList, "What messages said before they were edited or taken back", "消息编辑或撤回前的内容",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/scheduled", "conversation.read", of.tools.scheduled_here, Nothing,
            ScheduledList, "Answers that go later in this conversation", "此会话中待发送的回复",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/scheduled", "conversation.write", of.tools.schedule, NewScheduled,
            ScheduledAnswer, "Let an answer go later, or hold it for a while", "稍后发送回复，或暂缓片刻", keyed=True,
        ),
        for_agents(
            "GET", "/api/v1/scheduled", "conversation.read", of.tools.scheduled, Nothing, ScheduledList,
            "My answers that go later", "我的待发送回复",
        ),
        for_agents(
            "DELETE", "/api/v1/scheduled/{id}", "conversation.write", of.tools.cancel, Nothing, ScheduledAnswer,
            "Take one back before it goes; its words are told", "发送前撤回，并返回其内容",
        ),
        for_agents(
            "GET", "/api/v1/me/undo-send", "conversation.read", of.tools.undo_send, Nothing, UndoSend,
            "For how long my answers can be taken back", "我的回复可撤回的时长",
        ),
        for_agents(
            "PATCH", "/api/v1/me/undo-send", "conversation.write", of.tools.set_undo_send, UndoSend, UndoSend,
            "Say for how long my answers can be taken back", "设置我的回复可撤回的时长",
        ),
    )  # fmt: skip


def _conversations(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/conversations", "conversation.read", of.conversations.listing, ListQuery, Listing,
            "A page of the list", "会话列表的一页",
        ),
        for_agents(
            "GET", "/api/v1/mentions", "conversation.read", of.conversations.mentions, Nothing, MentionList,
            "Where I was named and have not looked since", "提到我且我尚未查看的会话",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}", "conversation.read", of.conversations.detail, Nothing, Detail,
            "One conversation", "单个会话",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/messages", "conversation.read", of.conversations.thread, ThreadQuery,
            ThreadPage, "A page of the thread, numbered by staff_seq", "会话内容的一页，按 staff_seq 编号",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/messages", "conversation.write", of.messages.send, NewMessage, Ack,
            "Write a message or a note", "发送消息或备注", keyed=True,
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/search", "conversation.read", of.search.find_in, SearchQuery, Places,
            "Where words stand in the thread", "在会话内搜索",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/draft", "conversation.write", of.drafts.read, Nothing, Drafts,
            "What I am writing there", "我在该会话中的草稿",
        ),
        for_agents(
            "PATCH", "/api/v1/conversations/{id}/draft", "conversation.write", of.drafts.write, DraftChange, Drafts,
            "Keep what I am writing there", "保存我在该会话中的草稿",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/take", "conversation.write", of.conversations.take, Nothing,
            ConversationAnswer, "Take it", "接待会话",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/assign", "conversation.write", of.conversations.assign, Assignment,
            ConversationAnswer, "Hand it to a colleague or a team", "转接给同事或团队",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/resolve", "conversation.write", of.conversations.resolve, Resolution,
            ConversationAnswer, "Resolve it", "解决会话",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/reopen", "conversation.write", of.conversations.reopen, Nothing,
            ConversationAnswer, "Reopen it", "重新打开会话",
        ),
        for_agents(
            "GET", "/api/v1/contacts", "contact.read", of.contacts.find, ContactQuery, ContactPage,
            "A page of contacts, or of those whom words fit", "联系人列表，或按姓名、邮箱、电话、编号搜索",
        ),
        for_agents(
            "GET", "/api/v1/ratings", "contact.read", of.ratings.listing, RatingQuery, RatingList,
            "A page of what visitors said of their conversations", "访客评分列表的一页",
        ),
        for_agents(
            "GET", "/api/v1/contacts/{id}", "contact.read", of.contacts.detail, Nothing, ContactDetail,
            "A contact, his conversations and pages", "联系人及其会话与浏览记录",
        ),
        for_agents(
            "PATCH", "/api/v1/contacts/{id}", "contact.write", of.contacts.change, ContactChange, ContactAnswer,
            "Change a contact's facts", "修改联系人资料",
        ),
        for_agents(
            "POST", "/api/v1/contacts/{id}/merge", "contact.manage", of.contacts.merge, MergeInto, ContactAnswer,
            "Let another contact go on with everything of it", "合并到另一个联系人",
        ),
        for_agents(
            "POST", "/api/v1/contacts/{id}/unmerge", "contact.manage", of.contacts.unmerge, Nothing, ContactAnswer,
            "Undo a merging within a day", "在一天之内撤销合并",
        ),
        for_agents(
            "POST", "/api/v1/imports", "", of.exchange.bring, ImportQuery, ImportReport,
            "Bring contacts, agents or canned replies as CSV, all of it or nothing",
            "以 CSV 导入联系人、客服或快捷回复，全部成功或全不写入", upload=True,
        ),
        for_agents(
            "GET", "/api/v1/exports/contacts", "contact.manage", of.exchange.contacts, Nothing, Media("text/csv"),
            "All contacts as CSV", "以 CSV 导出全部联系人",
        ),
        for_agents(
            "GET", "/api/v1/exports/conversations", "contact.manage", of.exchange.conversations, Nothing,
            Media("text/csv"), "All conversations as CSV", "以 CSV 导出全部会话",
        ),
        for_agents(
            "GET", "/api/v1/exports/tickets", "contact.manage", of.exchange.tickets, Nothing, Media("text/csv"),
            "All tickets as CSV", "以 CSV 导出全部工单",
        ),
    )  # fmt: skip


def _routing(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/routing", "team.read", of.routing.rules, Nothing, RuleBook,
            "How conversations are routed", "会话分配规则",
        ),
        for_agents(
            "PUT", "/api/v1/routing", "team.manage", of.routing.set_default, Rules, RuleBook,
            "Route what no inbox and no team has rules for", "设置默认分配规则",
        ),
        for_agents(
            "PUT", "/api/v1/teams/{id}/routing", "team.manage", of.routing.set_team, Rules, RuleBook,
            "Route the conversations of a team", "设置团队的分配规则",
        ),
        for_agents(
            "DELETE", "/api/v1/teams/{id}/routing", "team.manage", of.routing.drop_team, Nothing, RuleBook,
            "Route a team's conversations as all others", "团队改用默认分配规则",
        ),
        for_agents(
            "PUT", "/api/v1/inboxes/{id}/routing", "inbox.manage", of.routing.set_inbox, Rules, RuleBook,
            "Route the conversations of an inbox, whatever their team", "设置渠道的分配规则",
        ),
        for_agents(
            "DELETE", "/api/v1/inboxes/{id}/routing", "inbox.manage", of.routing.drop_inbox, Nothing, RuleBook,
            "Route an inbox's conversations as its team's", "渠道改用团队的分配规则",
        ),
        for_agents(
            "GET", "/api/v1/offers", "conversation.read", of.routing.offers, Nothing, OfferList,
            "What is put before me, and what I put before colleagues", "派给我的及我转出的待确认会话",
        ),
        for_agents(
            "POST", "/api/v1/offers/{id}/accept", "conversation.write", of.routing.accept, Nothing, ConversationAnswer,
            "Take what is offered", "接受派单",
        ),
        for_agents(
            "POST", "/api/v1/offers/{id}/refuse", "conversation.write", of.routing.refuse, Declined, Done,
            "Do not take what is offered, and say why", "拒绝派单并说明原因",
        ),
        for_agents(
            "DELETE", "/api/v1/offers/{id}", "conversation.write", of.routing.take_back, Nothing, Done,
            "Take one's own hand-over back", "撤回自己发起的转接",
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/transfer", "conversation.write", of.routing.transfer, Handover,
            OfferAnswer, "Put a conversation before a colleague, who takes it or not", "将会话转接给同事，由其确认",
        ),
        for_agents(
            "GET", "/api/v1/conversations/{id}/why", "conversation.read", of.routing.why, Nothing, OfferAnswer,
            "Why its agent has a conversation", "会话为何分配给当前客服",
        ),
    )  # fmt: skip


def _tickets(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/tickets", "ticket.read", of.tickets.listing, TicketQuery, TicketList,
            "A page of tickets", "工单列表的一页",
        ),
        for_agents(
            "POST", "/api/v1/tickets", "ticket.write", of.tickets.create, NewTicket, TicketAnswer,
            "Make a ticket", "新建工单", keyed=True,
        ),
        for_agents(
            "POST", "/api/v1/conversations/{id}/tickets", "ticket.write", of.tickets.create_from,
            TicketFromConversation, TicketAnswer, "Make a ticket of a conversation", "从会话新建工单", keyed=True,
        ),
        for_agents(
            "GET", "/api/v1/tickets/{id}", "ticket.read", of.tickets.detail, Nothing, TicketDetail,
            "A ticket with its history and links", "单个工单及其历史与关联",
        ),
        for_agents(
            "PATCH", "/api/v1/tickets/{id}", "ticket.write", of.tickets.change, TicketChange, TicketAnswer,
            "Change a ticket", "修改工单",
        ),
        for_agents(
            "GET", "/api/v1/tickets/{id}/entries", "ticket.read", of.tickets.entries, EntryQuery, EntryPage,
            "Older entries of its history", "更早的历史记录",
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/notes", "ticket.write", of.tickets.note, NewNote, TicketAnswer,
            "Write a note", "添加备注", keyed=True,
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/conversations", "ticket.write", of.tickets.tie, Tie, TicketAnswer,
            "Link a conversation", "关联会话",
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/conversations/remove", "ticket.write", of.tickets.untie, Tie, TicketAnswer,
            "Take the link to a conversation away", "取消关联会话",
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/references", "ticket.write", of.tickets.name, Named, TicketAnswer,
            "Say what it is called in another system", "添加外部系统编号",
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/references/remove", "ticket.write", of.tickets.unname, Named, TicketAnswer,
            "Take such a name away", "移除外部系统编号",
        ),
        for_agents(
            "PUT", "/api/v1/tickets/{id}/watch", "ticket.read", of.tickets.watch, Nothing, Done,
            "Watch it", "关注工单",
        ),
        for_agents(
            "DELETE", "/api/v1/tickets/{id}/watch", "ticket.read", of.tickets.unwatch, Nothing, Done,
            "Watch it no longer", "取消关注工单",
        ),
        for_agents(
            "POST", "/api/v1/tickets/bulk", "ticket.write", of.tickets.change_all, Bulk, Changed,
            "Change several tickets", "批量修改工单",
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/merge", "ticket.write", of.tickets.merge, Merge, TicketAnswer,
            "Let another ticket go on with it", "合并到另一个工单",
        ),
        for_agents(
            "POST", "/api/v1/tickets/{id}/unmerge", "ticket.write", of.tickets.unmerge, Nothing, TicketAnswer,
            "Undo a merging", "撤销合并",
        ),
        for_agents(
            "GET", "/api/v1/ticket-statuses", "ticket.read", of.ticket_statuses.listing, Nothing, StatusList,
            "What this desk calls where its tickets stand", "工单状态",
        ),
        for_agents(
            "POST", "/api/v1/ticket-statuses", "ticket.manage", of.ticket_statuses.create, NewStatus, StatusAnswer,
            "Add a status", "添加状态",
        ),
        for_agents(
            "POST", "/api/v1/ticket-statuses/order", "ticket.manage", of.ticket_statuses.order, StatusOrder, StatusList,
            "Give the statuses an order", "调整状态顺序",
        ),
        for_agents(
            "PATCH", "/api/v1/ticket-statuses/{id}", "ticket.manage", of.ticket_statuses.change, StatusChange,
            StatusAnswer, "Name a status anew, or archive it", "修改或归档状态",
        ),
        for_agents(
            "GET", "/api/v1/ticket-notices", "ticket.read", of.ticket_notices.listing, NoticeQuery, NoticeList,
            "What I am told of my tickets", "我的工单提醒",
        ),
        for_agents(
            "POST", "/api/v1/ticket-notices/seen", "ticket.read", of.ticket_notices.see, Seen, Done,
            "I have looked at them", "将工单提醒标为已读",
        ),
        for_agents(
            "GET", "/api/v1/ticket-notices/choice", "ticket.read", of.ticket_notices.choice, Nothing,
            NoticeChoiceAnswer, "What of my tickets I am told of", "我的工单提醒设置",
        ),
        for_agents(
            "PUT", "/api/v1/ticket-notices/choice", "ticket.read", of.ticket_notices.choose, NoticeChoice,
            NoticeChoiceAnswer, "Switch notices of tickets on or off", "开启或关闭工单提醒",
        ),
        for_agents(
            "GET", "/api/v1/ticket-views", "ticket.read", of.ticket_views.listing, Nothing, ViewList,
            "Lists of tickets that are kept", "保存的工单视图",
        ),
        for_agents(
            "POST", "/api/v1/ticket-views", "ticket.read", of.ticket_views.create, NewView, ViewAnswer,
            "Keep a list under a name", "保存工单视图",
        ),
        for_agents(
            "DELETE", "/api/v1/ticket-views/{id}", "ticket.read", of.ticket_views.delete, Nothing, Done,
            "Forget one", "删除工单视图",
        ),
    )  # fmt: skip


def _records(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/contacts/{id}/records", "record.read", of.records.beside, RecordQuery, RecordPage,
            "What joined systems hold of a contact: orders, cases, notes", "已接入系统中该联系人的订单、工单与备注",
        ),
        for_agents(
            "GET", "/api/v1/records/{id}", "record.read", of.records.detail, Nothing, RecordAnswer,
            "One order, case or note", "一条订单、工单或备注",
        ),
    )  # fmt: skip


def _organisations(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/organisations", "contact.read", of.organisations.listing, OrganisationQuery,
            OrganisationPage, "A page of organisations, by name", "组织列表的一页，按名称排序",
        ),
        for_agents(
            "POST", "/api/v1/organisations", "contact.manage", of.organisations.create, NewOrganisation,
            OrganisationAnswer, "Add an organisation", "添加组织",
        ),
        for_agents(
            "GET", "/api/v1/organisations/{id}", "contact.read", of.organisations.detail, Nothing,
            OrganisationDetail, "An organisation and its conversations", "单个组织及其会话",
        ),
        for_agents(
            "PATCH", "/api/v1/organisations/{id}", "contact.manage", of.organisations.change, OrganisationChange,
            OrganisationAnswer, "Change an organisation", "修改组织",
        ),
        for_agents(
            "DELETE", "/api/v1/organisations/{id}", "contact.manage", of.organisations.delete, Nothing, Done,
            "Delete an organisation; its contacts stay", "删除组织（保留其联系人）",
        ),
    )  # fmt: skip


# Whose own fields, what it takes to know and to manage them, and what they are called.
_OWN_FIELDS = (
    (Noun.TICKET, "ticket.read", "ticket.manage", "tickets", "工单"),
    (Noun.CONTACT, "contact.read", "contact.manage", "contacts", "联系人"),
    (Noun.ORGANISATION, "contact.read", "contact.manage", "organisations", "组织"),
    (Noun.CONVERSATION, "conversation.read", "tag.write", "conversations", "会话"),
)


def _sources(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/sources", "source.manage", of.sources.listing, Nothing, SourceList,
            "The systems that are joined, and how they are", "已接入的系统及其状态",
        ),
        for_agents(
            "POST", "/api/v1/sources/check", "source.manage", of.sources.check, SpecText, SpecChecked,
            "What is wrong with a spec, and what its cases give", "检查接入配置并运行用例，不作更改",
        ),
        for_agents(
            "POST", "/api/v1/sources/preview", "source.manage", of.sources.preview, Sample, SourcePreview,
            "What a spec makes of a sample, step by step", "逐步预览接入配置对样本的映射结果",
        ),
        for_agents(
            "GET", "/api/v1/sources/{name}", "source.manage", of.sources.detail, Nothing, SourceDetail,
            "One source, its spec and what it does not know", "单个数据源、其配置及未识别内容",
        ),
        for_agents(
            "PUT", "/api/v1/sources/{name}", "source.manage", of.sources.save, NewSpec, SpecSaved,
            "Join a system, or change how it is joined", "接入系统，或修改接入配置",
        ),
        for_agents(
            "DELETE", "/api/v1/sources/{name}", "source.manage", of.sources.remove, Forgetting, Done,
            "Join a system no more", "取消接入系统", by_query=True,
        ),
        for_agents(
            "POST", "/api/v1/sources/{name}/enabled", "source.manage", of.sources.switch, Switch, SourceDetail,
            "Let a system run, or rest", "启用或停用系统",
        ),
        for_agents(
            "POST", "/api/v1/sources/{name}/run", "source.manage", of.sources.hurry, Nothing, Done,
            "Read it now", "立即读取",
        ),
        for_agents(
            "GET", "/api/v1/sources/{name}/samples", "source.manage", of.sources.samples, Nothing, SampleList,
            "What has come lately, for a preview", "最近收到的数据，用于预览",
        ),
        for_agents(
            "GET", "/api/v1/sources/{name}/runs", "source.manage", of.sources.runs, PageQuery, RunPage,
            "A page of its readings", "读取记录的一页",
        ),
        for_agents(
            "GET", "/api/v1/sources/{name}/letters", "source.manage", of.sources.letters, PageQuery, LetterPage,
            "A page of what it could not take", "未能接收的数据的一页",
        ),
        for_agents(
            "GET", "/api/v1/letters/{id}", "source.manage", of.sources.letter, Nothing, LetterShown,
            "What could not be taken, with its bytes", "未能接收的数据及其原始字节",
        ),
        for_agents(
            "DELETE", "/api/v1/sources/{name}/letters", "source.manage", of.sources.discard, Letters, LettersRemoved,
            "Throw away what it could not take", "丢弃未能接收的数据",
        ),
        for_agents(
            "POST", "/api/v1/sources/{name}/letters/replay", "source.manage", of.sources.replay, Letters,
            LettersReplayed, "Try again what it could not take", "重新处理未能接收的数据",
        ),
        for_agents(
            "GET", "/api/v1/presets", "source.manage", of.sources.presets, Nothing, PresetList,
            "The systems that are known, and what each asks for", "可直接接入的系统及所需填写的内容",
        ),
        for_agents(
            "GET", "/api/v1/automations", "source.manage", of.automations.listing, Nothing, AutomationList,
            "Automations and webhooks, and what their form offers", "自动化与 Webhook，及表单可选内容",
        ),
        for_agents(
            "PUT", "/api/v1/automations/{name}", "source.manage", of.automations.save, NewAutomation, AutomationSaved,
            "Add or change an automation or a webhook", "添加或修改自动化或 Webhook",
        ),
        for_agents(
            "DELETE", "/api/v1/automations/{name}", "source.manage", of.automations.remove, Nothing, Done,
            "Remove an automation or a webhook", "删除自动化或 Webhook",
        ),
    )  # fmt: skip


def _fields(of: Resources) -> tuple[Route, ...]:
    return tuple(route for noun, read, manage, en, zh in _OWN_FIELDS for route in (
        for_agents(
            "GET", f"/api/v1/{noun}-fields", read, of.fields[noun].listing, Nothing, FieldList,
            f"The desk's own fields of {en}", f"{zh}自定义字段",
        ),
        for_agents(
            "POST", f"/api/v1/{noun}-fields", manage, of.fields[noun].create, NewField, FieldAnswer,
            f"Add a field of {en}", f"添加{zh}字段",
        ),
        for_agents(
            "POST", f"/api/v1/{noun}-fields/order", manage, of.fields[noun].order, FieldOrder, FieldList,
            f"Give the fields of {en} an order", f"调整{zh}字段顺序",
        ),
        for_agents(
            "PATCH", f"/api/v1/{noun}-fields/{{id}}", manage, of.fields[noun].change, FieldChange, FieldAnswer,
            f"Change or archive a field of {en}", f"修改或归档{zh}字段",
        ),
    ))  # fmt: skip


def _live(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/search", "conversation.read", of.search.find, SearchQuery, Hits,
            "Messages by their words", "按词搜索消息",
        ),
        for_agents(
            "POST", "/api/v1/files", "conversation.write", of.files.send_as_agent, Nothing, Attachment,
            "Upload a file", "上传文件", upload=True,
        ),
        for_agents(
            "GET", "/api/v1/files/{id}", "", of.files.read_as_agent, Nothing, Media("*/*"),
            "A file", "下载文件",
        ),
        for_anyone(
            "OPTIONS", "/api/v1/uploads", of.uploads.abilities, Nothing, Done,
            "What uploads in several goes can do (tus 1.0.0)", "分段上传的能力（tus 1.0.0）",
        ),
        replace(
            for_agents(
                "POST", "/api/v1/uploads", "conversation.write", of.uploads.begin_as_agent, Nothing, UploadState,
                "Begin an upload in several goes", "开始分段上传", upload=True,
            ),
            status=201,
        ),
        for_agents(
            "GET", "/api/v1/uploads/{id}", "conversation.write", of.uploads.state_for_agent, Nothing, UploadState,
            "How far an upload is, and the file that it became", "上传进度及其生成的文件",
        ),
        for_agents(
            "PATCH", "/api/v1/uploads/{id}", "conversation.write", of.uploads.append_as_agent, Nothing, Done,
            "Go on with an upload", "继续上传", upload=True,
        ),
        for_agents(
            "DELETE", "/api/v1/uploads/{id}", "conversation.write", of.uploads.end_as_agent, Nothing, Done,
            "Give an upload up", "放弃上传",
        ),
        for_agents(
            "POST", "/api/v1/frames", "", of.frames.agent, ClientFrame, Frames,
            "Carry out one frame", "执行一个帧", shown=FramesShown,
        ),
        for_agents(
            "POST", "/api/v1/poll", "", of.polls.agent, Poll, Frames,
            "Wait for what happens", "等待新的动态", shown=FramesShown, in_person=True,
        ),
    )  # fmt: skip


def _visitor(of: Resources) -> tuple[Route, ...]:
    return (
        for_anyone(
            "POST", "/api/v1/visitor/session", of.visitor.session, VisitorAsk, VisitorAnswer,
            "Become a visitor of an inbox, or be known again", "成为收件箱的访客，或恢复访客身份",
        ),
        for_visitors(
            "DELETE", "/api/v1/visitor/session", of.visitor.end, Nothing, Done,
            "Leave this browser for good", "在此浏览器上退出访客身份",
        ),
        for_visitors(
            "GET", "/api/v1/visitor/reception", of.visitor.reception, Nothing, Reception,
            "Whether it is open, who is there, how soon an answer comes", "是否营业、谁在线、多久回复",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/introduction", of.visitor.introduce, Introduction, Standing,
            "Answer what is asked before the first message", "填写会话前询问的信息",
        ),
        for_visitors(
            "PATCH", "/api/v1/visitor/contact", of.visitor.claim, Claim, Standing,
            "What the page says of its visitor, without proof", "网页声明的访客信息（未经核实）",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/identity", of.visitor.prove, SignedIdentity, IdentityAnswer,
            "Be the customer whom the website has proven", "以网站已证明的客户身份继续",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/events", of.visitor.happened, Happening, Done,
            "Note what happened on the site", "记录网站上发生的事件",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/offline-messages", of.visitor.leave, NewOfflineMessage, Left,
            "Leave a message with an address; a number comes back", "留言并留下联系方式，返回受理号", keyed=True,
        ),
        for_visitors(
            "PUT", "/api/v1/visitor/conversations/{id}/rating", of.visitor.rate, Judgement, RatingAnswer,
            "Rate a conversation that is over, or change the rating", "为已结束的会话评分，或修改评分",
        ),
        for_visitors(
            "GET", "/api/v1/visitor/conversations/{id}/transcript", of.visitor.transcript, TranscriptAsk,
            Media("text/*"), "One's own conversation as a file, text or HTML", "将本人的会话保存为文件（文本或 HTML）",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/conversations/{id}/transcript", of.visitor.mail_transcript, TranscriptTo, Posted,
            "Have it mailed, to the address that is named or known", "通过邮件发送会话记录，发往填写的或已知的邮箱",
        ),
        for_visitors(
            "GET", "/api/v1/visitor/conversations/{id}/messages", of.conversations.thread_of_visitor, ThreadQuery,
            ThreadPage, "A page of one's own thread, numbered by seq", "本人会话内容的一页，按 seq 编号",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/messages", of.messages.send_as_visitor, NewVisitorMessage, Ack,
            "Write a message; the first one opens a conversation", "发送消息；第一条消息会开启会话", keyed=True,
        ),
        for_visitors(
            "POST", "/api/v1/visitor/files", of.files.send_as_visitor, Nothing, Attachment,
            "Upload a file", "上传文件", upload=True,
        ),
        for_visitors(
            "GET", "/api/v1/visitor/files/{id}", of.files.read_as_visitor, Nothing, Media("*/*"),
            "A file", "下载文件",
        ),
        for_anyone(
            "OPTIONS", "/api/v1/visitor/uploads", of.uploads.abilities, Nothing, Done,
            "What uploads in several goes can do (tus 1.0.0)", "分段上传的能力（tus 1.0.0）",
        ),
        replace(
            for_visitors(
                "POST", "/api/v1/visitor/uploads", of.uploads.begin_as_visitor, Nothing, UploadState,
                "Begin an upload in several goes", "开始分段上传", upload=True,
            ),
            status=201,
        ),
        for_visitors(
            "GET", "/api/v1/visitor/uploads/{id}", of.uploads.state_for_visitor, Nothing, UploadState,
            "How far an upload is, and the file that it became", "上传进度及其生成的文件",
        ),
        for_visitors(
            "PATCH", "/api/v1/visitor/uploads/{id}", of.uploads.append_as_visitor, Nothing, Done,
            "Go on with an upload", "继续上传", upload=True,
        ),
        for_visitors(
            "DELETE", "/api/v1/visitor/uploads/{id}", of.uploads.end_as_visitor, Nothing, Done,
            "Give an upload up", "放弃上传",
        ),
        for_visitors(
            "POST", "/api/v1/visitor/frames", of.frames.visitor, ClientFrame, Frames,
            "Carry out one frame", "执行一个帧", shown=FramesShown,
        ),
        for_visitors(
            "POST", "/api/v1/visitor/poll", of.polls.visitor, Poll, Frames,
            "Wait for what happens", "等待新的动态", shown=FramesShown,
        ),
    )  # fmt: skip


def _machines(of: Resources) -> tuple[Route, ...]:
    return (
        for_anyone(
            "GET", "/api/openapi.json", of.manual.read, Nothing, Media("application/json"),
            "This page", "本页面",
        ),
        for_anyone(
            "GET", "/healthz", of.health.alive, Nothing, Media("text/plain"),
            "Alive", "存活检查",
        ),
        for_anyone(
            "GET", "/readyz", of.health.ready, Nothing, Ready,
            "Able to serve", "就绪检查",
        ),
        for_agents(
            "GET", "/api/v1/health", "server.read", of.health.examined, Nothing, Report,
            "What is wrong with the server, and the commands that mend it", "服务器存在的问题及修复命令",
        ),
        for_anyone(
            "GET", "/metrics", of.health.metrics, Nothing, Media(CONTENT_TYPE),
            "Figures for Prometheus", "Prometheus 指标",
        ),
    )  # fmt: skip
