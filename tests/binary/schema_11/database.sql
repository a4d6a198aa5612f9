PRAGMA foreign_keys = OFF;
BEGIN;
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE teams (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE inboxes (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    origins TEXT NOT NULL DEFAULT '[]',
    team_id TEXT REFERENCES teams (id),
    color TEXT NOT NULL DEFAULT '',
    greeting_en TEXT NOT NULL DEFAULT '',
    greeting_zh TEXT NOT NULL DEFAULT '',
    preview INTEGER NOT NULL DEFAULT 1
, widget TEXT NOT NULL DEFAULT '{}');
CREATE TABLE agents (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE, -- lower case
    name TEXT NOT NULL,
    password TEXT NOT NULL, -- argon2id; '' cannot sign in
    role TEXT NOT NULL,
    availability TEXT NOT NULL DEFAULT 'online',
    language TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    disabled INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE agent_teams (
    agent_id TEXT NOT NULL REFERENCES agents (id),
    team_id TEXT NOT NULL REFERENCES teams (id),
    PRIMARY KEY (agent_id, team_id)
);
CREATE TABLE sessions (
    digest TEXT PRIMARY KEY, -- SHA-256 of the cookie
    id TEXT NOT NULL UNIQUE,
    agent_id TEXT NOT NULL REFERENCES agents (id),
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    user_agent TEXT NOT NULL DEFAULT ''
);
CREATE TABLE setup_links (
    digest TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    browser TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    attributes TEXT NOT NULL DEFAULT '{}'
, claimed TEXT NOT NULL DEFAULT '[]');
CREATE TABLE visitor_tokens (
    digest TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    created_at BIGINT NOT NULL
);
CREATE TABLE visits (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    url TEXT NOT NULL,
    title TEXT NOT NULL,
    referrer TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE TABLE conversations (
    id TEXT PRIMARY KEY,
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    seq BIGINT NOT NULL DEFAULT 0,
    staff_seq BIGINT NOT NULL DEFAULT 0,
    assignee_id TEXT REFERENCES agents (id),
    team_id TEXT REFERENCES teams (id),
    priority INTEGER NOT NULL DEFAULT 0,
    waiting_since BIGINT,
    snoozed_until BIGINT,
    resolved_at BIGINT,
    close_reason TEXT,
    merged_into TEXT,
    follows TEXT,
    fence BIGINT NOT NULL DEFAULT 0,
    last_text TEXT NOT NULL DEFAULT '',
    last_kind TEXT NOT NULL DEFAULT '',
    last_note INTEGER NOT NULL DEFAULT 0,
    last_at BIGINT NOT NULL DEFAULT 0,
    visitor_read BIGINT NOT NULL DEFAULT 0,
    visitor_delivered BIGINT NOT NULL DEFAULT 0,
    staff_read BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE messages (
    number INTEGER PRIMARY KEY, -- grows with time: search and reports go by it
    id TEXT NOT NULL UNIQUE,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    staff_seq BIGINT NOT NULL,
    seq BIGINT,
    kind TEXT NOT NULL,
    sender_kind TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    sender_name TEXT NOT NULL DEFAULT '',
    cid TEXT, -- NULL for what the appliance writes itself
    request TEXT NOT NULL DEFAULT '', -- digest of the command, so that the same cid with another body is a conflict
    text TEXT NOT NULL,
    attachments TEXT NOT NULL DEFAULT '[]',
    target TEXT,
    data TEXT,
    at BIGINT NOT NULL,
    edited_at BIGINT,
    deleted INTEGER NOT NULL DEFAULT 0
, content TEXT);
CREATE TABLE watermarks (
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    person_kind TEXT NOT NULL,
    person_id TEXT NOT NULL,
    read_seq BIGINT NOT NULL DEFAULT 0, -- counted as that person counts
    delivered_seq BIGINT NOT NULL DEFAULT 0,
    after_pos BIGINT NOT NULL DEFAULT 0, -- the newest stored event when it moved: what an agent's resume must repeat
    PRIMARY KEY (conversation_id, person_kind, person_id)
);
CREATE TABLE files (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    size BIGINT NOT NULL,
    width INTEGER NOT NULL DEFAULT 0,
    height INTEGER NOT NULL DEFAULT 0,
    stored_as TEXT NOT NULL UNIQUE, -- 128 random bits: the name on disk
    sha256 TEXT NOT NULL,
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    conversation_id TEXT REFERENCES conversations (id), -- set when a message carries it
    visible INTEGER NOT NULL DEFAULT 0, -- whether that message is one the visitor sees
    created_at BIGINT NOT NULL
);
CREATE TABLE events (
    pos INTEGER PRIMARY KEY, -- dense, given by the writer; the newest row is never pruned
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE outbox (
    number INTEGER PRIMARY KEY,
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    payload BLOB NOT NULL,
    state TEXT NOT NULL DEFAULT 'ready', -- ready, leased, dead; a finished row is deleted
    attempts INTEGER NOT NULL DEFAULT 0,
    due_at BIGINT NOT NULL DEFAULT 0,
    leased_until BIGINT,
    lease TEXT,
    error TEXT,
    created_at BIGINT NOT NULL
);
CREATE VIRTUAL TABLE search USING fts5(
    words,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE two_step (
    agent_id TEXT PRIMARY KEY REFERENCES agents (id),
    secret TEXT NOT NULL, -- base32, as the authenticator app holds it
    step BIGINT NOT NULL, -- the newest time step that was accepted: a code is good once
    since BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
    digest TEXT NOT NULL, -- SHA-256 of a code of 80 random bits; a used one is deleted
    agent_id TEXT NOT NULL REFERENCES agents (id),
    PRIMARY KEY (agent_id, digest)
);
CREATE TABLE known_browsers (
    digest TEXT NOT NULL, -- SHA-256 of the cookie
    agent_id TEXT NOT NULL REFERENCES agents (id),
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (digest, agent_id)
);
CREATE TABLE uploads (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    size BIGINT NOT NULL, -- 0 where its sender did not say
    stored_as TEXT NOT NULL UNIQUE, -- 128 random bits: the name on disk
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    file_id TEXT, -- what it has become
    created_at BIGINT NOT NULL
);
CREATE TABLE drafts (
    agent_id TEXT NOT NULL REFERENCES agents (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    note INTEGER NOT NULL,
    text TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (agent_id, conversation_id, note)
);
CREATE TABLE introductions (
    contact_id TEXT PRIMARY KEY REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    at BIGINT NOT NULL,
    consent TEXT NOT NULL DEFAULT '', -- the words agreed to, as they stood then
    consent_link TEXT NOT NULL DEFAULT ''
);
CREATE TABLE visitor_events (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    name TEXT NOT NULL,
    data TEXT NOT NULL DEFAULT '{}',
    at BIGINT NOT NULL
);
CREATE TABLE offline_messages (
    number INTEGER PRIMARY KEY, -- what the visitor is told
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    cid TEXT NOT NULL,
    request TEXT NOT NULL, -- digest of the command, so that the same cid with another body is a conflict
    name TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    phone TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL
);
CREATE TABLE ratings (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    agent_id TEXT REFERENCES agents (id),
    score INTEGER NOT NULL, -- 1 to 5
    tags TEXT NOT NULL DEFAULT '[]',
    text TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    changes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE canned_replies (
    id TEXT PRIMARY KEY,
    shortcut TEXT NOT NULL,
    title TEXT NOT NULL,
    text_en TEXT NOT NULL DEFAULT '',
    text_zh TEXT NOT NULL DEFAULT '',
    scope TEXT NOT NULL, -- me, team, all
    owner_id TEXT NOT NULL REFERENCES agents (id),
    team_id TEXT REFERENCES teams (id), -- under scope team
    used BIGINT NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE mentions (
    agent_id TEXT NOT NULL REFERENCES agents (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    staff_seq BIGINT NOT NULL,
    seen INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, conversation_id, staff_seq)
);
CREATE TABLE tickets (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE, -- what people say: dense, given in the commit that makes the ticket
    version BIGINT NOT NULL, -- grows with every change: who changes names the one he saw
    title TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL, -- new, open, waiting, done
    priority INTEGER NOT NULL, -- 1 low, 2 normal, 3 high, 4 urgent
    type TEXT NOT NULL, -- question, problem, request, task
    contact_id TEXT REFERENCES contacts (id),
    assignee_id TEXT REFERENCES agents (id),
    team_id TEXT REFERENCES teams (id),
    due_at BIGINT,
    author_id TEXT NOT NULL, -- the agent who made it, or the name of a machine
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    done_at BIGINT,
    entries BIGINT NOT NULL DEFAULT 0, -- the newest number in its history
    cid TEXT, -- of the request that made it
    request TEXT NOT NULL DEFAULT '' -- digest of that request, so that the same cid with another body is a conflict
, merged_into TEXT, merged_at BIGINT, fields TEXT NOT NULL DEFAULT '{}');
CREATE TABLE ticket_entries ( -- the history: nothing in it is changed or deleted
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    seq BIGINT NOT NULL,
    kind TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    changes TEXT NOT NULL DEFAULT '[]',
    cid TEXT,
    PRIMARY KEY (ticket_id, seq)
);
CREATE TABLE ticket_conversations (
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, conversation_id)
);
CREATE TABLE ticket_references ( -- what it is called in another system, records included: one name leads to one ticket
    system TEXT NOT NULL,
    reference TEXT NOT NULL,
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    url TEXT NOT NULL DEFAULT '',
    at BIGINT NOT NULL,
    PRIMARY KEY (system, reference)
);
CREATE TABLE ticket_watchers (
    ticket_id TEXT NOT NULL REFERENCES tickets (id),
    agent_id TEXT NOT NULL REFERENCES agents (id),
    PRIMARY KEY (ticket_id, agent_id)
);
CREATE VIRTUAL TABLE ticket_search USING fts5( -- by the ticket's number
    words,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE ticket_fields (
    id TEXT PRIMARY KEY,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    kind TEXT NOT NULL, -- text, number, date, choice, checkbox; never changes
    choices TEXT NOT NULL DEFAULT '[]',
    position INTEGER NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0 -- no longer asked for; its values stay
);
CREATE TABLE ticket_views (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    query TEXT NOT NULL, -- what the list is narrowed to, as the API calls it
    owner_id TEXT NOT NULL REFERENCES agents (id),
    shared INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL
);
INSERT INTO meta VALUES ('epoch', '3356a7019809079a4bb2191420de0dd7');
INSERT INTO meta VALUES ('starts', '1');
INSERT INTO meta VALUES ('write_checked_at', '1795776261791');
INSERT INTO meta VALUES ('leases', '6');
INSERT INTO inboxes VALUES ('01m8e9pd8krazktr5j2bcjt8c1', 'Website', 1795776263443, '[]', NULL, '', '', '', 1, '{"side":"right","label":{"en":"","zh":""},"invitation":{"en":"","zh":""},"invitation_seconds":8,"fields":{"name":"no","email":"no","phone":"no","free":"no","free_label":{"en":"","zh":""},"consent":{"en":"","zh":""},"consent_link":""},"hours":{"zone":"","periods":[]},"away":"chat"}');
INSERT INTO inboxes VALUES ('01m8e9pew9r0txegj1633cf4zf', '商店', 1795776265097, '["https://shop.example"]', NULL, '', '', '', 1, '{"side":"right","label":{"en":"","zh":""},"invitation":{"en":"","zh":""},"invitation_seconds":8,"fields":{"name":"no","email":"no","phone":"no","free":"no","free_label":{"en":"","zh":""},"consent":{"en":"","zh":""},"consent_link":""},"hours":{"zone":"","periods":[]},"away":"chat"}');
INSERT INTO agents VALUES ('01m8e9pd37j8ypdxm2evg35grb', 'owner@example.com', 'owner', '$argon2id$v=19$m=19456,t=2,p=1$SqR1Uzk2P+PbzR+o0TMJFw$MBEcHnTb5lb2XrscDhN+7VORS3dTtkTxHnENcE9Ivh0', 'owner', 'online', '', 1795776263271, 0);
INSERT INTO agents VALUES ('01m8e9pevy2371jd1eq618jg58', 'li@example.com', '李雷', '$argon2id$v=19$m=19456,t=2,p=1$M2yEp0Sy7GfvG9FEIvAhqg$s2OWVoWpUN4wVAqTCICQmLu8tKqyOFy4F+YEzuZ0kOs', 'agent', 'online', '', 1795776265086, 0);
INSERT INTO sessions VALUES ('f866ed073c8f9a6794193bf92795dd294394c4426853eba4857c220f43649bcc', '01m8e9pejkrw039d1e68v1bszs', '01m8e9pd37j8ypdxm2evg35grb', 1795776264787, 1795776264787, 1798368264787, '127.0.0.1', '');
INSERT INTO contacts VALUES ('01m8e9peymebpdptqczbx369rr', 1, 1795776265172, 1795776265172, '韩梅梅', 'han@example.com', '', 'en', '', '127.0.0.1', '{"plan":"gold"}', '["attributes.plan","name","email"]');
INSERT INTO contacts VALUES ('01m8e9pfjrs0z2sjftzvp40br4', 2, 1795776265816, 1795776265816, '', '', '', 'en', '', '127.0.0.1', '{}', '[]');
INSERT INTO contacts VALUES ('01m8e9pfp4ygaftvg8nhgh8r16', 3, 1795776265924, 1795776265924, '', '', '', 'en', '', '127.0.0.1', '{}', '[]');
INSERT INTO visitor_tokens VALUES ('1ffa921b2e78e88957bf0fcbca10bb993979307997adcc691a67ab57ed1834c2', '01m8e9peymebpdptqczbx369rr', '01m8e9pew9r0txegj1633cf4zf', 1795776265172);
INSERT INTO visitor_tokens VALUES ('464a06b52e792abe98ea0f8bd499587c6b8a64b660acbd8c69e1765d871e5f9c', '01m8e9pfjrs0z2sjftzvp40br4', '01m8e9pew9r0txegj1633cf4zf', 1795776265816);
INSERT INTO visitor_tokens VALUES ('4a52a05971b3a3bf3e8641c35aa8222fde5f6f4d15a691493045d56547ea380a', '01m8e9pfp4ygaftvg8nhgh8r16', '01m8e9pew9r0txegj1633cf4zf', 1795776265924);
INSERT INTO conversations VALUES ('01m8e9pf1rnsmdnezpstvp0pe0', '01m8e9pew9r0txegj1633cf4zf', '01m8e9peymebpdptqczbx369rr', 'open', 1795776265272, 1795776265710, 4, 5, '01m8e9pd37j8ypdxm2evg35grb', NULL, 0, 1795776265710, NULL, NULL, NULL, NULL, NULL, 4294967296, '谢谢 <b>thanks</b>', 'visitor', 0, 1795776265710, 0, 0, 0);
INSERT INTO conversations VALUES ('01m8e9pfmbfjnv2vp3q7dxc134', '01m8e9pew9r0txegj1633cf4zf', '01m8e9pfjrs0z2sjftzvp40br4', 'open', 1795776265865, 1795776265899, 2, 3, '01m8e9pevy2371jd1eq618jg58', NULL, 0, 1795776265865, NULL, NULL, NULL, NULL, NULL, 4294967297, 'yours', 'agent', 1, 1795776265899, 0, 0, 0);
INSERT INTO conversations VALUES ('01m8e9pfrqe3yga95bk41rnsm3', '01m8e9pew9r0txegj1633cf4zf', '01m8e9pfp4ygaftvg8nhgh8r16', 'resolved', 1795776266006, 1795776266063, 4, 4, '01m8e9pd37j8ypdxm2evg35grb', NULL, 0, NULL, NULL, 1795776266063, 'answered', NULL, NULL, 0, 'It is.', 'agent', 0, 1795776266044, 0, 0, 0);
INSERT INTO messages VALUES (1, '01m8e9pf1rm0m7t5a03cc7m140', '01m8e9pf1rnsmdnezpstvp0pe0', 1, 1, 'message', 'visitor', '01m8e9peymebpdptqczbx369rr', '', 'ccd0d7619f8383824ab3622d5dbf48cc', 'b8519849b20522295935532214cff81c', '退款吗 refund?', '[{"id":"01m8e9pf144ecsdpkc5hxthd63","name":"账单.txt","type":"text/plain","size":27,"width":0,"height":0}]', NULL, NULL, 1795776265272, NULL, 0, NULL);
INSERT INTO messages VALUES (2, '01m8e9pf30qsg2gtezp2kaxnaq', '01m8e9pf1rnsmdnezpstvp0pe0', 2, 2, 'notice', 'system', '01m8e9pd37j8ypdxm2evg35grb', 'owner', NULL, '', '', '[]', NULL, '{"event":"joined","agent":"owner","waited_ms":"40"}', 1795776265312, NULL, 0, NULL);
INSERT INTO messages VALUES (3, '01m8e9pfcpep0dmkj4xzpqrb6z', '01m8e9pf1rnsmdnezpstvp0pe0', 3, 3, 'message', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', '7537bd907e82bbc842090e5946316266', 'ace17b0fc8b2bf2f2f40782dbd38df9d', '好的, at once', '[]', NULL, NULL, 1795776265622, NULL, 0, NULL);
INSERT INTO messages VALUES (4, '01m8e9pfds6xm2132hxjkjahrb', '01m8e9pf1rnsmdnezpstvp0pe0', 4, NULL, 'note', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', '2e3ea92522aa735b799268b3b9c2bedc', '0b2a17b4749e2063022d5a0dae65fb5e', 'only us: 金牌客户', '[]', NULL, NULL, 1795776265657, NULL, 0, NULL);
INSERT INTO messages VALUES (5, '01m8e9pffekyf445m9x49405hy', '01m8e9pf1rnsmdnezpstvp0pe0', 5, 4, 'message', 'visitor', '01m8e9peymebpdptqczbx369rr', '', 'a30be8106ebf8d40278019d2a87e2362', '13f0620bb1bca66147e2fab45a95bee9', '谢谢 <b>thanks</b>', '[]', NULL, NULL, 1795776265710, NULL, 0, NULL);
INSERT INTO messages VALUES (6, '01m8e9pfm9bpfh40nq410pc07x', '01m8e9pfmbfjnv2vp3q7dxc134', 1, 1, 'message', 'visitor', '01m8e9pfjrs0z2sjftzvp40br4', '', '45aae44966e60d88371f7d0a590f0cb4', 'a60398247bff7932d592f9469fdf6f9b', 'Where is my parcel?', '[]', NULL, NULL, 1795776265865, NULL, 0, NULL);
INSERT INTO messages VALUES (7, '01m8e9pfnbfpqbbrf2e03mdyn5', '01m8e9pfmbfjnv2vp3q7dxc134', 2, NULL, 'note', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', NULL, '', 'yours', '[]', NULL, NULL, 1795776265899, NULL, 0, NULL);
INSERT INTO messages VALUES (8, '01m8e9pfnb9tzrznb5ptjcfny4', '01m8e9pfmbfjnv2vp3q7dxc134', 3, 2, 'notice', 'system', '01m8e9pd37j8ypdxm2evg35grb', 'owner', NULL, '', '', '[]', NULL, '{"event":"transferred","agent":"owner","to":"李雷"}', 1795776265899, NULL, 0, NULL);
INSERT INTO messages VALUES (9, '01m8e9pfrpv1v1b3k05fbcrqdx', '01m8e9pfrqe3yga95bk41rnsm3', 1, 1, 'message', 'visitor', '01m8e9pfp4ygaftvg8nhgh8r16', '', 'bff0b8598692c55beb408cd7fba41f18', '35dba59ba86c7c86cd7b6d5baefaf681', 'done soon', '[]', NULL, NULL, 1795776266006, NULL, 0, NULL);
INSERT INTO messages VALUES (10, '01m8e9pfsw1qekkmcswmxn1515', '01m8e9pfrqe3yga95bk41rnsm3', 2, 2, 'notice', 'system', '01m8e9pd37j8ypdxm2evg35grb', 'owner', NULL, '', '', '[]', NULL, '{"event":"joined","agent":"owner","waited_ms":"38"}', 1795776266044, NULL, 0, NULL);
INSERT INTO messages VALUES (11, '01m8e9pfswb75ze6eptep085ey', '01m8e9pfrqe3yga95bk41rnsm3', 3, 3, 'message', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', 'bdcc0d8edc063ea66a64165ac58d92fd', '665fcd54ef7c16e48b68594b9591df14', 'It is.', '[]', NULL, NULL, 1795776266044, NULL, 0, NULL);
INSERT INTO messages VALUES (12, '01m8e9pftfr0zap830wqkfxvm2', '01m8e9pfrqe3yga95bk41rnsm3', 4, 4, 'notice', 'system', '01m8e9pd37j8ypdxm2evg35grb', 'owner', NULL, '', '', '[]', NULL, '{"event":"resolved","agent":"owner"}', 1795776266063, NULL, 0, NULL);
INSERT INTO files VALUES ('01m8e9pf144ecsdpkc5hxthd63', '账单.txt', 'text/plain', 27, 0, 0, 'b577d1ed1cfa70f02911e8871fa3ed00', 'a8f8b7ac214aad335139c819a29bf9dac10582503354e14264264ee4e4feda3f', 'visitor', '01m8e9peymebpdptqczbx369rr', '01m8e9pf1rnsmdnezpstvp0pe0', 1, 1795776265252);
INSERT INTO events VALUES (1, 1795776265188, '{"type":"contact.updated","contact":{"id":"01m8e9peymebpdptqczbx369rr","number":1,"created_at":1795776265172,"seen_at":1795776265172,"name":"韩梅梅","email":"han@example.com","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{"plan":"gold"},"claimed":["attributes.plan","name","email"]},"pos":1}');
INSERT INTO events VALUES (2, 1795776265272, '{"type":"message.created","conversation":{"id":"01m8e9pf1rnsmdnezpstvp0pe0","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9peymebpdptqczbx369rr","status":"queued","created_at":1795776265272,"updated_at":1795776265272,"seq":1,"staff_seq":1,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795776265272,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"退款吗 refund?","last_kind":"visitor","last_note":false,"last_at":1795776265272,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pf1rm0m7t5a03cc7m140","conversation_id":"01m8e9pf1rnsmdnezpstvp0pe0","staff_seq":1,"seq":1,"kind":"message","sender":{"kind":"visitor","id":"01m8e9peymebpdptqczbx369rr","name":""},"text":"退款吗 refund?","at":1795776265272,"cid":"ccd0d7619f8383824ab3622d5dbf48cc","attachments":[{"id":"01m8e9pf144ecsdpkc5hxthd63","name":"账单.txt","type":"text/plain","size":27,"width":0,"height":0}],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":{"id":"01m8e9peymebpdptqczbx369rr","number":1,"created_at":1795776265172,"seen_at":1795776265172,"name":"韩梅梅","email":"han@example.com","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{"plan":"gold"},"claimed":["attributes.plan","name","email"]},"agent_name":"","pos":2}');
INSERT INTO events VALUES (3, 1795776265312, '{"type":"conversation.changed","name":"conversation.assigned","conversation":{"id":"01m8e9pf1rnsmdnezpstvp0pe0","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9peymebpdptqczbx369rr","status":"open","created_at":1795776265272,"updated_at":1795776265312,"seq":2,"staff_seq":2,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":1795776265272,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"退款吗 refund?","last_kind":"visitor","last_note":false,"last_at":1795776265272,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":null,"agent_name":"owner","pos":3}');
INSERT INTO events VALUES (4, 1795776265312, '{"type":"message.created","conversation":{"id":"01m8e9pf1rnsmdnezpstvp0pe0","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9peymebpdptqczbx369rr","status":"open","created_at":1795776265272,"updated_at":1795776265312,"seq":2,"staff_seq":2,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":1795776265272,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"退款吗 refund?","last_kind":"visitor","last_note":false,"last_at":1795776265272,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pf30qsg2gtezp2kaxnaq","conversation_id":"01m8e9pf1rnsmdnezpstvp0pe0","staff_seq":2,"seq":2,"kind":"notice","sender":{"kind":"system","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"","at":1795776265312,"cid":"","attachments":[],"target":null,"data":{"event":"joined","agent":"owner","waited_ms":"40"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":4}');
INSERT INTO events VALUES (5, 1795776265624, '{"type":"message.created","conversation":{"id":"01m8e9pf1rnsmdnezpstvp0pe0","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9peymebpdptqczbx369rr","status":"open","created_at":1795776265272,"updated_at":1795776265622,"seq":3,"staff_seq":3,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"好的, at once","last_kind":"agent","last_note":false,"last_at":1795776265622,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfcpep0dmkj4xzpqrb6z","conversation_id":"01m8e9pf1rnsmdnezpstvp0pe0","staff_seq":3,"seq":3,"kind":"message","sender":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"好的, at once","at":1795776265622,"cid":"7537bd907e82bbc842090e5946316266","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":5}');
INSERT INTO events VALUES (6, 1795776265663, '{"type":"message.created","conversation":{"id":"01m8e9pf1rnsmdnezpstvp0pe0","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9peymebpdptqczbx369rr","status":"open","created_at":1795776265272,"updated_at":1795776265657,"seq":3,"staff_seq":4,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"only us: 金牌客户","last_kind":"agent","last_note":true,"last_at":1795776265657,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfds6xm2132hxjkjahrb","conversation_id":"01m8e9pf1rnsmdnezpstvp0pe0","staff_seq":4,"seq":null,"kind":"note","sender":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"only us: 金牌客户","at":1795776265657,"cid":"2e3ea92522aa735b799268b3b9c2bedc","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":6}');
INSERT INTO events VALUES (7, 1795776265723, '{"type":"message.created","conversation":{"id":"01m8e9pf1rnsmdnezpstvp0pe0","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9peymebpdptqczbx369rr","status":"open","created_at":1795776265272,"updated_at":1795776265710,"seq":4,"staff_seq":5,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":1795776265710,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"谢谢 <b>thanks</b>","last_kind":"visitor","last_note":false,"last_at":1795776265710,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pffekyf445m9x49405hy","conversation_id":"01m8e9pf1rnsmdnezpstvp0pe0","staff_seq":5,"seq":4,"kind":"message","sender":{"kind":"visitor","id":"01m8e9peymebpdptqczbx369rr","name":""},"text":"谢谢 <b>thanks</b>","at":1795776265710,"cid":"a30be8106ebf8d40278019d2a87e2362","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":7}');
INSERT INTO events VALUES (8, 1795776265867, '{"type":"message.created","conversation":{"id":"01m8e9pfmbfjnv2vp3q7dxc134","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfjrs0z2sjftzvp40br4","status":"queued","created_at":1795776265865,"updated_at":1795776265865,"seq":1,"staff_seq":1,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795776265865,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"Where is my parcel?","last_kind":"visitor","last_note":false,"last_at":1795776265865,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfm9bpfh40nq410pc07x","conversation_id":"01m8e9pfmbfjnv2vp3q7dxc134","staff_seq":1,"seq":1,"kind":"message","sender":{"kind":"visitor","id":"01m8e9pfjrs0z2sjftzvp40br4","name":""},"text":"Where is my parcel?","at":1795776265865,"cid":"45aae44966e60d88371f7d0a590f0cb4","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":{"id":"01m8e9pfjrs0z2sjftzvp40br4","number":2,"created_at":1795776265816,"seen_at":1795776265816,"name":"","email":"","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{},"claimed":[]},"agent_name":"","pos":8}');
INSERT INTO events VALUES (9, 1795776265899, '{"type":"message.created","conversation":{"id":"01m8e9pfmbfjnv2vp3q7dxc134","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfjrs0z2sjftzvp40br4","status":"queued","created_at":1795776265865,"updated_at":1795776265899,"seq":1,"staff_seq":2,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795776265865,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"yours","last_kind":"agent","last_note":true,"last_at":1795776265899,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfnbfpqbbrf2e03mdyn5","conversation_id":"01m8e9pfmbfjnv2vp3q7dxc134","staff_seq":2,"seq":null,"kind":"note","sender":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"yours","at":1795776265899,"cid":"","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"","pos":9}');
INSERT INTO events VALUES (10, 1795776265899, '{"type":"conversation.changed","name":"conversation.transferred","conversation":{"id":"01m8e9pfmbfjnv2vp3q7dxc134","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfjrs0z2sjftzvp40br4","status":"open","created_at":1795776265865,"updated_at":1795776265899,"seq":2,"staff_seq":3,"assignee_id":"01m8e9pevy2371jd1eq618jg58","team_id":null,"priority":0,"waiting_since":1795776265865,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967297,"last_text":"yours","last_kind":"agent","last_note":true,"last_at":1795776265899,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":null,"agent_name":"李雷","pos":10}');
INSERT INTO events VALUES (11, 1795776265899, '{"type":"message.created","conversation":{"id":"01m8e9pfmbfjnv2vp3q7dxc134","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfjrs0z2sjftzvp40br4","status":"open","created_at":1795776265865,"updated_at":1795776265899,"seq":2,"staff_seq":3,"assignee_id":"01m8e9pevy2371jd1eq618jg58","team_id":null,"priority":0,"waiting_since":1795776265865,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967297,"last_text":"yours","last_kind":"agent","last_note":true,"last_at":1795776265899,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfnb9tzrznb5ptjcfny4","conversation_id":"01m8e9pfmbfjnv2vp3q7dxc134","staff_seq":3,"seq":2,"kind":"notice","sender":{"kind":"system","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"","at":1795776265899,"cid":"","attachments":[],"target":null,"data":{"event":"transferred","agent":"owner","to":"李雷"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"李雷","pos":11}');
INSERT INTO events VALUES (12, 1795776266006, '{"type":"message.created","conversation":{"id":"01m8e9pfrqe3yga95bk41rnsm3","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfp4ygaftvg8nhgh8r16","status":"queued","created_at":1795776266006,"updated_at":1795776266006,"seq":1,"staff_seq":1,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795776266006,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"done soon","last_kind":"visitor","last_note":false,"last_at":1795776266006,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfrpv1v1b3k05fbcrqdx","conversation_id":"01m8e9pfrqe3yga95bk41rnsm3","staff_seq":1,"seq":1,"kind":"message","sender":{"kind":"visitor","id":"01m8e9pfp4ygaftvg8nhgh8r16","name":""},"text":"done soon","at":1795776266006,"cid":"bff0b8598692c55beb408cd7fba41f18","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":{"id":"01m8e9pfp4ygaftvg8nhgh8r16","number":3,"created_at":1795776265924,"seen_at":1795776265924,"name":"","email":"","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{},"claimed":[]},"agent_name":"","pos":12}');
INSERT INTO events VALUES (13, 1795776266044, '{"type":"conversation.changed","name":"conversation.assigned","conversation":{"id":"01m8e9pfrqe3yga95bk41rnsm3","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfp4ygaftvg8nhgh8r16","status":"open","created_at":1795776266006,"updated_at":1795776266044,"seq":2,"staff_seq":2,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":1795776266006,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"done soon","last_kind":"visitor","last_note":false,"last_at":1795776266006,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":null,"agent_name":"owner","pos":13}');
INSERT INTO events VALUES (14, 1795776266044, '{"type":"message.created","conversation":{"id":"01m8e9pfrqe3yga95bk41rnsm3","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfp4ygaftvg8nhgh8r16","status":"open","created_at":1795776266006,"updated_at":1795776266044,"seq":2,"staff_seq":2,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":1795776266006,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"done soon","last_kind":"visitor","last_note":false,"last_at":1795776266006,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfsw1qekkmcswmxn1515","conversation_id":"01m8e9pfrqe3yga95bk41rnsm3","staff_seq":2,"seq":2,"kind":"notice","sender":{"kind":"system","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"","at":1795776266044,"cid":"","attachments":[],"target":null,"data":{"event":"joined","agent":"owner","waited_ms":"38"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":14}');
INSERT INTO events VALUES (15, 1795776266044, '{"type":"message.created","conversation":{"id":"01m8e9pfrqe3yga95bk41rnsm3","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfp4ygaftvg8nhgh8r16","status":"open","created_at":1795776266006,"updated_at":1795776266044,"seq":3,"staff_seq":3,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"It is.","last_kind":"agent","last_note":false,"last_at":1795776266044,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pfswb75ze6eptep085ey","conversation_id":"01m8e9pfrqe3yga95bk41rnsm3","staff_seq":3,"seq":3,"kind":"message","sender":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"It is.","at":1795776266044,"cid":"bdcc0d8edc063ea66a64165ac58d92fd","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":15}');
INSERT INTO events VALUES (16, 1795776266063, '{"type":"conversation.changed","name":"conversation.resolved","conversation":{"id":"01m8e9pfrqe3yga95bk41rnsm3","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfp4ygaftvg8nhgh8r16","status":"resolved","created_at":1795776266006,"updated_at":1795776266063,"seq":4,"staff_seq":4,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":1795776266063,"close_reason":"answered","merged_into":null,"follows":null,"fence":0,"last_text":"It is.","last_kind":"agent","last_note":false,"last_at":1795776266044,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":"01m8e9pd37j8ypdxm2evg35grb","agent_name":"owner","pos":16}');
INSERT INTO events VALUES (17, 1795776266063, '{"type":"message.created","conversation":{"id":"01m8e9pfrqe3yga95bk41rnsm3","inbox_id":"01m8e9pew9r0txegj1633cf4zf","contact_id":"01m8e9pfp4ygaftvg8nhgh8r16","status":"resolved","created_at":1795776266006,"updated_at":1795776266063,"seq":4,"staff_seq":4,"assignee_id":"01m8e9pd37j8ypdxm2evg35grb","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":1795776266063,"close_reason":"answered","merged_into":null,"follows":null,"fence":0,"last_text":"It is.","last_kind":"agent","last_note":false,"last_at":1795776266044,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8e9pftfr0zap830wqkfxvm2","conversation_id":"01m8e9pfrqe3yga95bk41rnsm3","staff_seq":4,"seq":4,"kind":"notice","sender":{"kind":"system","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"text":"","at":1795776266063,"cid":"","attachments":[],"target":null,"data":{"event":"resolved","agent":"owner"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":17}');
INSERT INTO events VALUES (18, 1795776266105, '{"type":"ticket.changed","name":"ticket.created","ticket":{"id":"01m8e9pfvsztdme8wsva2b9m3d","number":1,"version":1,"title":"杯子碎了","description":"","status":"new","priority":3,"type":"question","contact_id":"01m8e9peymebpdptqczbx369rr","assignee_id":null,"team_id":null,"due_at":null,"author_id":"01m8e9pd37j8ypdxm2evg35grb","created_at":1795776266105,"updated_at":1795776266105,"done_at":null,"entries":1,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":null,"pos":18}');
INSERT INTO events VALUES (19, 1795776266144, '{"type":"ticket.changed","name":"ticket.created","ticket":{"id":"01m8e9pfx0devjznm25t7wb565","number":2,"version":1,"title":"Invoice again","description":"","status":"waiting","priority":2,"type":"question","contact_id":null,"assignee_id":"01m8e9pevy2371jd1eq618jg58","team_id":null,"due_at":null,"author_id":"01m8e9pd37j8ypdxm2evg35grb","created_at":1795776266144,"updated_at":1795776266144,"done_at":null,"entries":1,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":"01m8e9pevy2371jd1eq618jg58","pos":19}');
INSERT INTO events VALUES (20, 1795776266171, '{"type":"ticket.changed","name":"ticket.created","ticket":{"id":"01m8e9pfxvhm8ghffmmq287jgc","number":3,"version":1,"title":"Old matter","description":"","status":"done","priority":2,"type":"question","contact_id":null,"assignee_id":null,"team_id":null,"due_at":null,"author_id":"01m8e9pd37j8ypdxm2evg35grb","created_at":1795776266171,"updated_at":1795776266171,"done_at":1795776266171,"entries":1,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":null,"pos":20}');
INSERT INTO events VALUES (21, 1795776266234, '{"type":"ticket.changed","name":"ticket.updated","ticket":{"id":"01m8e9pfvsztdme8wsva2b9m3d","number":1,"version":2,"title":"杯子碎了","description":"","status":"new","priority":3,"type":"question","contact_id":"01m8e9peymebpdptqczbx369rr","assignee_id":null,"team_id":null,"due_at":null,"author_id":"01m8e9pd37j8ypdxm2evg35grb","created_at":1795776266105,"updated_at":1795776266235,"done_at":null,"entries":2,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8e9pd37j8ypdxm2evg35grb","name":"owner"},"was_team":null,"was_assignee":null,"pos":21}');
DELETE FROM search_data;
INSERT INTO search_data VALUES (1, X'081c');
INSERT INTO search_data VALUES (10, X'00000000ff0000010106060006010101010100000102010102020000020301010303000001040101040400000205010105050000010601010606000001');
INSERT INTO search_data VALUES (137438953473, X'0000002d0730726566756e640102050103e590970102040106e6acbee590970102030106e98080e6acbe010202040b080b');
INSERT INTO search_data VALUES (274877906945, X'0000005c0330617403020401046f6e636503020503026c79040202010275730402030106e5a5bde79a840302020205aea2e688b70402060103e688b70402070106e7898ce5aea204020502029a840302030106e98791e7898c04020404070907070b0a080b07');
INSERT INTO search_data VALUES (412316860417, X'000000260230620504040401067468616e6b730502050103e8b0a20502030403e8b0a205020204070b08');
INSERT INTO search_data VALUES (549755813889, X'000000310330697306020301026d79060204010670617263656c060205010577686572650602020105796f7572730702020407070b0a');
INSERT INTO search_data VALUES (687194767361, X'000000160530646f6e650902020104736f6f6e0902030409');
INSERT INTO search_data VALUES (824633720833, X'00000011033069730b02030201740b02020407');
DELETE FROM search_idx;
INSERT INTO search_idx VALUES (1, X'', 2);
INSERT INTO search_idx VALUES (2, X'', 2);
INSERT INTO search_idx VALUES (3, X'', 2);
INSERT INTO search_idx VALUES (4, X'', 2);
INSERT INTO search_idx VALUES (5, X'', 2);
INSERT INTO search_idx VALUES (6, X'', 2);
DELETE FROM search_docsize;
INSERT INTO search_docsize VALUES (1, X'04', 1);
INSERT INTO search_docsize VALUES (3, X'04', 2);
INSERT INTO search_docsize VALUES (4, X'06', 2);
INSERT INTO search_docsize VALUES (5, X'05', 3);
INSERT INTO search_docsize VALUES (6, X'04', 4);
INSERT INTO search_docsize VALUES (7, X'01', 4);
INSERT INTO search_docsize VALUES (9, X'02', 5);
INSERT INTO search_docsize VALUES (11, X'02', 6);
DELETE FROM search_config;
INSERT INTO search_config VALUES ('version', 4);
INSERT INTO known_browsers VALUES ('f72cd3198a5c7d3a43dd746f1ba91db45ebe42232984316ce224a8489465e093', '01m8e9pd37j8ypdxm2evg35grb', 1795776264796);
INSERT INTO drafts VALUES ('01m8e9pd37j8ypdxm2evg35grb', '01m8e9pf1rnsmdnezpstvp0pe0', 0, '稍等', 1795776265771);
INSERT INTO canned_replies VALUES ('01m8e9pg0fj07jb22f3ebq8s5v', 'hi', 'Hello', 'Hello {{contact.name}}', '您好', 'all', '01m8e9pd37j8ypdxm2evg35grb', NULL, 0, 1795776266255, 1795776266255);
INSERT INTO tickets VALUES ('01m8e9pfvsztdme8wsva2b9m3d', 1, 2, '杯子碎了', '', 'new', 3, 'question', '01m8e9peymebpdptqczbx369rr', NULL, NULL, NULL, '01m8e9pd37j8ypdxm2evg35grb', 1795776266105, 1795776266235, NULL, 2, '4b145ab9175253b091d6c84f00fbe5ec', '34472b6e8891cb6611623aded973e4d6', NULL, NULL, '{}');
INSERT INTO tickets VALUES ('01m8e9pfx0devjznm25t7wb565', 2, 1, 'Invoice again', '', 'waiting', 2, 'question', NULL, '01m8e9pevy2371jd1eq618jg58', NULL, NULL, '01m8e9pd37j8ypdxm2evg35grb', 1795776266144, 1795776266144, NULL, 1, '586a9b0293573dc4d85d33757ea323fd', '7f9b37996d4c3ab55c75525a45db2f89', NULL, NULL, '{}');
INSERT INTO tickets VALUES ('01m8e9pfxvhm8ghffmmq287jgc', 3, 1, 'Old matter', '', 'done', 2, 'question', NULL, NULL, NULL, NULL, '01m8e9pd37j8ypdxm2evg35grb', 1795776266171, 1795776266171, 1795776266171, 1, 'f66f658977190959573ca6e33c5bdb78', '25707152bc8b6b4d4bd9792830e7884e', NULL, NULL, '{}');
INSERT INTO ticket_entries VALUES ('01m8e9pfvsztdme8wsva2b9m3d', 1, 'created', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', 1795776266105, '', '[]', NULL);
INSERT INTO ticket_entries VALUES ('01m8e9pfx0devjznm25t7wb565', 1, 'created', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', 1795776266144, '', '[]', NULL);
INSERT INTO ticket_entries VALUES ('01m8e9pfxvhm8ghffmmq287jgc', 1, 'created', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', 1795776266171, '', '[]', NULL);
INSERT INTO ticket_entries VALUES ('01m8e9pfvsztdme8wsva2b9m3d', 2, 'note', 'agent', '01m8e9pd37j8ypdxm2evg35grb', 'owner', 1795776266235, '问过仓库', '[]', '94994d391f0ed29f7d06ccc71f01503c');
INSERT INTO ticket_conversations VALUES ('01m8e9pfvsztdme8wsva2b9m3d', '01m8e9pf1rnsmdnezpstvp0pe0', 1795776266105);
DELETE FROM ticket_search_data;
INSERT INTO ticket_search_data VALUES (1, X'0308');
INSERT INTO ticket_search_data VALUES (10, X'00000000ff0000010103030003010101010100000102010102020000010301010303000001');
INSERT INTO ticket_search_data VALUES (137438953473, X'0000002d0430e4ba860102050106e5ad90e7a28e0102030106e69dafe5ad900102020106e7a28ee4ba8601020404080b0b');
INSERT INTO ticket_search_data VALUES (274877906945, X'0000001a0630616761696e0202030107696e766f696365020202040a');
INSERT INTO ticket_search_data VALUES (412316860417, X'0000001707306d617474657203020301036f6c64030202040b');
DELETE FROM ticket_search_idx;
INSERT INTO ticket_search_idx VALUES (1, X'', 2);
INSERT INTO ticket_search_idx VALUES (2, X'', 2);
INSERT INTO ticket_search_idx VALUES (3, X'', 2);
DELETE FROM ticket_search_docsize;
INSERT INTO ticket_search_docsize VALUES (1, X'04', 1);
INSERT INTO ticket_search_docsize VALUES (2, X'02', 2);
INSERT INTO ticket_search_docsize VALUES (3, X'02', 3);
DELETE FROM ticket_search_config;
INSERT INTO ticket_search_config VALUES ('version', 4);
INSERT INTO ticket_fields VALUES ('01m8e9pfv847gj7w05fhcx2cys', 'Batch', '批次', 'number', '[]', 1, 0);
CREATE INDEX conversations_by_assignee ON conversations (assignee_id, status, updated_at);
CREATE INDEX conversations_by_contact ON conversations (contact_id, created_at);
CREATE INDEX conversations_by_inbox ON conversations (inbox_id, created_at);
CREATE INDEX conversations_by_status ON conversations (status, updated_at);
CREATE INDEX drafts_by_age ON drafts (agent_id, at);
CREATE INDEX files_by_owner ON files (owner_kind, owner_id, created_at);
CREATE INDEX files_unsent ON files (created_at) WHERE conversation_id IS NULL;
CREATE INDEX known_browsers_by_agent ON known_browsers (agent_id, seen_at);
CREATE INDEX mentions_by_entry ON mentions (conversation_id, staff_seq);
CREATE INDEX mentions_unseen ON mentions (agent_id, conversation_id) WHERE seen = 0;
CREATE UNIQUE INDEX messages_by_cid ON messages (sender_id, cid) WHERE cid IS NOT NULL;
CREATE UNIQUE INDEX messages_by_seq ON messages (conversation_id, seq) WHERE seq IS NOT NULL;
CREATE UNIQUE INDEX messages_by_staff_seq ON messages (conversation_id, staff_seq);
CREATE UNIQUE INDEX offline_messages_by_cid ON offline_messages (contact_id, cid);
CREATE INDEX offline_messages_by_contact ON offline_messages (contact_id, at);
CREATE INDEX offline_messages_by_conversation ON offline_messages (conversation_id);
CREATE INDEX outbox_by_key ON outbox (topic, key, number);
CREATE INDEX outbox_by_state ON outbox (topic, state, due_at);
CREATE INDEX ratings_by_agent ON ratings (agent_id, created_at);
CREATE INDEX ratings_by_contact ON ratings (contact_id, created_at);
CREATE INDEX sessions_by_agent ON sessions (agent_id);
CREATE INDEX ticket_conversations_by_conversation ON ticket_conversations (conversation_id);
CREATE UNIQUE INDEX ticket_entries_by_cid ON ticket_entries (actor_id, cid) WHERE cid IS NOT NULL;
CREATE INDEX ticket_references_by_ticket ON ticket_references (ticket_id, at);
CREATE INDEX ticket_views_by_owner ON ticket_views (owner_id);
CREATE INDEX ticket_watchers_by_agent ON ticket_watchers (agent_id);
CREATE INDEX tickets_by_assignee ON tickets (assignee_id, status, updated_at);
CREATE UNIQUE INDEX tickets_by_cid ON tickets (author_id, cid) WHERE cid IS NOT NULL;
CREATE INDEX tickets_by_contact ON tickets (contact_id, updated_at) WHERE contact_id IS NOT NULL;
CREATE INDEX tickets_by_priority ON tickets (priority, number);
CREATE INDEX tickets_by_status ON tickets (status, updated_at);
CREATE INDEX tickets_by_update ON tickets (updated_at, number);
CREATE INDEX tickets_counted ON tickets (status, team_id, assignee_id) WHERE merged_into IS NULL;
CREATE INDEX tickets_merged ON tickets (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX uploads_by_age ON uploads (created_at);
CREATE INDEX uploads_by_owner ON uploads (owner_kind, owner_id);
CREATE INDEX visitor_events_by_contact ON visitor_events (contact_id, at);
CREATE INDEX visits_by_contact ON visits (contact_id, at);
CREATE INDEX watermarks_by_pos ON watermarks (after_pos);
PRAGMA user_version = 11;
PRAGMA application_id = 0;
COMMIT;
