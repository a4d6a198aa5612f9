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
from app.api.contacts import ContactAnswer, ContactDetail, ContactRoutes
from app.api.conversations import ConversationAnswer, ConversationRoutes, ListQuery, Resolution, ThreadQuery
from app.api.credentials import CredentialRoutes, FirstCode, Proof, RecoveryCodes
from app.api.files import FileRoutes
from app.api.frames import Frames, FramesShown, FrameTwins
from app.api.health import Health, Manual, Ready
from app.api.inboxes import InboxAnswer, InboxList, InboxRoutes
from app.api.me import Me, MeChange, MeRoutes, SessionState
from app.api.messages import MessageRoutes, NewMessage, NewVisitorMessage
from app.api.poll import Poll, Polls
from app.api.route import Media, Route, for_agents, for_anyone, for_visitors
from app.api.search import SearchQuery, SearchRoutes
from app.api.session import AgentAnswer, CodeSignIn, DemoSignIn, OwnSessions, SessionRoutes, SignIn, SignInAnswer
from app.api.setup import SetUp, SetUpRoutes, SetUpState
from app.api.teams import TeamAnswer, TeamList, TeamRoutes
from app.api.uploads import UploadRoutes, UploadState
from app.api.visitor import VisitorAnswer, VisitorAsk, VisitorRoutes
from app.chat.conversations import Assignment
from app.chat.history import Detail, Listing, ThreadPage
from app.chat.search import Hits
from app.contacts.contacts import ContactChange
from app.model.conversations import Attachment
from app.model.frames import Ack, ClientFrame
from app.telemetry.metrics import CONTENT_TYPE


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
    contacts: ContactRoutes
    visitor: VisitorRoutes
    search: SearchRoutes
    files: FileRoutes
    uploads: UploadRoutes
    frames: FrameTwins
    polls: Polls


def table(of: Resources) -> tuple[Route, ...]:
    """Every route of the product, in the order of ARCHITECTURE.md, "HTTP"."""
    return (*_door(of), *_oneself(of), *_accounts(of), *_conversations(of), *_live(of), *_visitor(of), *_machines(of))


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


def _conversations(of: Resources) -> tuple[Route, ...]:
    return (
        for_agents(
            "GET", "/api/v1/conversations", "conversation.read", of.conversations.listing, ListQuery, Listing,
            "A page of the list", "会话列表的一页",
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
            "GET", "/api/v1/contacts/{id}", "contact.read", of.contacts.detail, Nothing, ContactDetail,
            "A contact, his conversations and pages", "联系人及其会话与浏览记录",
        ),
        for_agents(
            "PATCH", "/api/v1/contacts/{id}", "contact.write", of.contacts.change, ContactChange, ContactAnswer,
            "Change a contact's facts", "修改联系人资料",
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
        for_anyone(
            "GET", "/metrics", of.health.metrics, Nothing, Media(CONTENT_TYPE),
            "Figures for Prometheus", "Prometheus 指标",
        ),
    )  # fmt: skip
