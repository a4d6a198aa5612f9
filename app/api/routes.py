"""The one table of routes.

It drives routing, proof of identity, validation, the OpenAPI page and the matrix test: what is not in it is not served.
"""

from msgspec import Struct
from msgspec.structs import replace

from app.accounts.agents import AgentChange, NewAgent, NewTeam
from app.accounts.credentials import Draft, SecondStep
from app.accounts.inboxes import InboxChange, NewInbox
from app.api.agents import AgentList, AgentRoutes
from app.api.call import Done, Nothing
from app.api.canned import CannedReplyAnswer, CannedReplyList, CannedRoutes
from app.api.contacts import ContactAnswer, ContactDetail, ContactHits, ContactQuery, ContactRoutes
from app.api.conversations import (
    ConversationAnswer,
    ConversationRoutes,
    ListQuery,
    MentionList,
    Resolution,
    ThreadQuery,
)
from app.api.credentials import CredentialRoutes, FirstCode, Proof, RecoveryCodes
from app.api.drafts import DraftRoutes
from app.api.files import FileRoutes
from app.api.frames import Frames, FramesShown, FrameTwins
from app.api.health import Health, Manual, Ready
from app.api.inboxes import InboxAnswer, InboxList, InboxRoutes
from app.api.me import Me, MeChange, MeRoutes, SessionState
from app.api.messages import MessageRoutes, NewMessage, NewVisitorMessage
from app.api.poll import Poll, Polls
from app.api.route import Media, Route, for_agents, for_anyone, for_visitors
from app.api.search import SearchQuery, SearchRoutes
from app.api.server import BackupAnswer, ServerRoutes
from app.api.session import AgentAnswer, CodeSignIn, DemoSignIn, OwnSessions, SessionRoutes, SignIn, SignInAnswer
from app.api.setup import LinkProof, SetUp, SetUpRoutes, SetUpState
from app.api.teams import TeamAnswer, TeamList, TeamRoutes
from app.api.tickets import (
    EntryQuery,
    FieldAnswer,
    FieldList,
    TicketAnswer,
    TicketFieldRoutes,
    TicketRoutes,
    TicketViewRoutes,
    ViewAnswer,
    ViewList,
)
from app.api.uploads import UploadRoutes, UploadState
from app.api.visitor import RatingAnswer, VisitorAnswer, VisitorAsk, VisitorRoutes
from app.chat.canned import CannedReplyChange, NewCannedReply
from app.chat.conversations import Assignment
from app.chat.drafts import DraftChange
from app.chat.history import Detail, Listing, ThreadPage
from app.chat.offline_messages import Left, NewOfflineMessage
from app.chat.ratings import Judgement
from app.chat.reception import Reception
from app.chat.search import Hits, Places
from app.chat.ticketing import TicketFromConversation
from app.contacts.contacts import ContactChange
from app.contacts.introductions import Claim, Happening, Introduction, Standing
from app.model.conversations import Attachment
from app.model.drafts import Drafts
from app.model.frames import Ack, ClientFrame
from app.model.health import Report
from app.server.server import Machine, ServerFacts
from app.telemetry.metrics import CONTENT_TYPE
from app.tickets.fields import FieldChange, NewField
from app.tickets.queries import EntryPage, TicketDetail, TicketList, TicketQuery
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
    conversations: ConversationRoutes
    messages: MessageRoutes
    drafts: DraftRoutes
    canned: CannedRoutes
    contacts: ContactRoutes
    tickets: TicketRoutes
    ticket_fields: TicketFieldRoutes
    ticket_views: TicketViewRoutes
    visitor: VisitorRoutes
    search: SearchRoutes
    files: FileRoutes
    uploads: UploadRoutes
    frames: FrameTwins
    polls: Polls
    server: ServerRoutes


def table(of: Resources) -> tuple[Route, ...]:
    """Every route of the product, in the order of ARCHITECTURE.md, "HTTP"."""
    return (
        *_door(of), *_oneself(of), *_accounts(of), *_server(of), *_canned(of), *_conversations(of), *_tickets(of),
        *_live(of),
        *_visitor(of), *_machines(of),
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
            "Sign out", "退出登录",
        ),
        for_anyone(
            "POST", "/api/v1/session/demo", of.session.sign_in_demo, DemoSignIn, AgentAnswer,
            "Sign in to a demo by its link, on the same machine", "在本机凭演示链接登录",
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
            "Change my profile", "修改我的资料",
        ),
        for_agents(
            "GET", "/api/v1/me/sessions", "", of.session.listing, Nothing, OwnSessions,
            "Where I am signed in", "我的登录会话",
        ),
        for_agents(
            "DELETE", "/api/v1/me/sessions", "", of.session.end_others, Nothing, Done,
            "End my sessions but this one", "结束我的其他登录会话",
        ),
        for_agents(
            "DELETE", "/api/v1/me/sessions/{id}", "", of.session.end, Nothing, Done,
            "End one of my sessions", "结束我的某个登录会话",
        ),
        for_agents(
            "GET", "/api/v1/me/second-step", "", of.credentials.read, Nothing, SecondStep,
            "Whether I am asked for a code at sign-in", "我的两步登录状态",
        ),
        for_agents(
            "POST", "/api/v1/me/second-step", "", of.credentials.draft, Proof, Draft,
            "A secret for my app, of no effect yet", "生成供验证器应用使用的密钥（尚未生效）",
        ),
        for_agents(
            "POST", "/api/v1/me/second-step/confirm", "", of.credentials.confirm, FirstCode, RecoveryCodes,
            "Switch it on with a first code", "用首个验证码开启两步登录",
        ),
        for_agents(
            "POST", "/api/v1/me/second-step/codes", "", of.credentials.renew_codes, Proof, RecoveryCodes,
            "New recovery codes", "生成新的恢复码",
        ),
        for_agents(
            "POST", "/api/v1/me/second-step/off", "", of.credentials.switch_off, Proof, AgentAnswer,
            "Switch it off", "关闭两步登录",
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
            "DELETE", "/api/v1/agents/{id}/second-step", "agent.manage", of.credentials.reset, Nothing, Done,
            "Switch off an agent's second step", "关闭客服的两步登录",
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
    )  # fmt: skip


def _server(of: Resources) -> tuple[Route, ...]:
    return (
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
            "GET", "/api/v1/contacts", "contact.read", of.contacts.find, ContactQuery, ContactHits,
            "Contacts by name, address, phone or number", "按姓名、邮箱、电话或编号搜索联系人",
        ),
        for_agents(
            "GET", "/api/v1/contacts/{id}", "contact.read", of.contacts.detail, Nothing, ContactDetail,
            "A contact, his conversations and pages", "联系人及其会话与浏览记录",
        ),
        for_agents(
            "PATCH", "/api/v1/contacts/{id}", "contact.write", of.contacts.change, ContactChange, ContactAnswer,
            "Change a contact's facts", "修改联系人资料",
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
            "GET", "/api/v1/ticket-fields", "ticket.read", of.ticket_fields.listing, Nothing, FieldList,
            "The desk's own fields of tickets", "工单自定义字段",
        ),
        for_agents(
            "POST", "/api/v1/ticket-fields", "ticket.manage", of.ticket_fields.create, NewField, FieldAnswer,
            "Add a field", "添加字段",
        ),
        for_agents(
            "PATCH", "/api/v1/ticket-fields/{id}", "ticket.manage", of.ticket_fields.change, FieldChange, FieldAnswer,
            "Change or archive a field", "修改或归档字段",
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
            "Wait for what happens", "等待新的动态", shown=FramesShown,
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
