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
INSERT INTO meta VALUES ('epoch', '7e4cdcce677ce6b565d7ce7c3175b693');
INSERT INTO meta VALUES ('starts', '1');
INSERT INTO meta VALUES ('write_checked_at', '1795778772424');
INSERT INTO meta VALUES ('leases', '4');
INSERT INTO inboxes VALUES ('01m8ec348bnsmkacp4sxtkt0rh', 'Website', 1795778777355, '[]', NULL, '', '', '', 1, '{"side":"right","label":{"en":"","zh":""},"invitation":{"en":"","zh":""},"invitation_seconds":8,"fields":{"name":"no","email":"no","phone":"no","free":"no","free_label":{"en":"","zh":""},"consent":{"en":"","zh":""},"consent_link":""},"hours":{"zone":"","periods":[]},"away":"chat"}');
INSERT INTO inboxes VALUES ('01m8ec3633ajx2rcpvkqvcjbmf', '商店', 1795778779235, '["https://shop.example"]', NULL, '', '', '', 1, '{"side":"right","label":{"en":"","zh":""},"invitation":{"en":"","zh":""},"invitation_seconds":8,"fields":{"name":"no","email":"no","phone":"no","free":"no","free_label":{"en":"","zh":""},"consent":{"en":"","zh":""},"consent_link":""},"hours":{"zone":"","periods":[]},"away":"chat"}');
INSERT INTO agents VALUES ('01m8ec34832h0r0jd56c52jktm', 'owner@example.com', 'owner', '$argon2id$v=19$m=19456,t=2,p=1$HZS/PIo8jayNDcySeQUyGw$vBHjOzxkcH2rG3/3h8Y0x5L3Wx7KdOkWZO6ebuYdjIs', 'owner', 'online', '', 1795778777347, 0);
INSERT INTO agents VALUES ('01m8ec361pspqk3ey7w0sqvgw4', 'li@example.com', '李雷', '$argon2id$v=19$m=19456,t=2,p=1$yNUDtTpGWjboyCJ8xi4hfw$7FJTjp3w4+AQUEE5v8MANY2bAzyiBA12+pooN6SeLxQ', 'agent', 'online', '', 1795778779190, 0);
INSERT INTO sessions VALUES ('c52419ad2fe4bb6cfcd1e3897d205562c08bd96a413b033bdba0d5f5648bbaff', '01m8ec35pk35xxe2tcec24jgrd', '01m8ec34832h0r0jd56c52jktm', 1795778778835, 1795778778835, 1798370778835, '127.0.0.1', '');
INSERT INTO contacts VALUES ('01m8ec36444e32ednmgqska5bt', 1, 1795778779268, 1795778779268, '韩梅梅', 'han@example.com', '', 'en', '', '127.0.0.1', '{"plan":"gold"}', '["attributes.plan","name","email"]');
INSERT INTO contacts VALUES ('01m8ec36jg9m2yb2ty1rnh7ws9', 2, 1795778779728, 1795778779728, '', '', '', 'en', '', '127.0.0.1', '{}', '[]');
INSERT INTO contacts VALUES ('01m8ec36p61zw3fbfaz7r0qawy', 3, 1795778779846, 1795778779846, '', '', '', 'en', '', '127.0.0.1', '{}', '[]');
INSERT INTO visitor_tokens VALUES ('92e4d2f04d180fac5f76510fdc6d06c64cb032b107090fc1ac1028f615cdd596', '01m8ec36444e32ednmgqska5bt', '01m8ec3633ajx2rcpvkqvcjbmf', 1795778779268);
INSERT INTO visitor_tokens VALUES ('50aa684856214abe21f47a900a0884a74bedffea516f9a32d8eb5d96cc373b36', '01m8ec36jg9m2yb2ty1rnh7ws9', '01m8ec3633ajx2rcpvkqvcjbmf', 1795778779728);
INSERT INTO visitor_tokens VALUES ('f34d2950f46ce9a8655fc518828e7cb97baec8eed2fe1f8ec06eedb50928edfd', '01m8ec36p61zw3fbfaz7r0qawy', '01m8ec3633ajx2rcpvkqvcjbmf', 1795778779846);
INSERT INTO conversations VALUES ('01m8ec36cgwbwat43rykgdt2qs', '01m8ec3633ajx2rcpvkqvcjbmf', '01m8ec36444e32ednmgqska5bt', 'open', 1795778779535, 1795778779669, 4, 5, '01m8ec34832h0r0jd56c52jktm', NULL, 0, 1795778779669, NULL, NULL, NULL, NULL, NULL, 4294967296, '谢谢 <b>thanks</b>', 'visitor', 0, 1795778779669, 0, 0, 0);
INSERT INTO conversations VALUES ('01m8ec36krpgwryr504eqwx6ey', '01m8ec3633ajx2rcpvkqvcjbmf', '01m8ec36jg9m2yb2ty1rnh7ws9', 'open', 1795778779767, 1795778779820, 2, 3, '01m8ec361pspqk3ey7w0sqvgw4', NULL, 0, 1795778779767, NULL, NULL, NULL, NULL, NULL, 4294967297, 'yours', 'agent', 1, 1795778779820, 0, 0, 0);
INSERT INTO conversations VALUES ('01m8ec36rkn08jyfc69c9d2xmx', '01m8ec3633ajx2rcpvkqvcjbmf', '01m8ec36p61zw3fbfaz7r0qawy', 'resolved', 1795778779915, 1795778780003, 4, 4, '01m8ec34832h0r0jd56c52jktm', NULL, 0, NULL, NULL, 1795778780003, 'answered', NULL, NULL, 0, 'It is.', 'agent', 0, 1795778779962, 0, 0, 0);
INSERT INTO messages VALUES (1, '01m8ec36cfqhsmz8hgsdhpcxjt', '01m8ec36cgwbwat43rykgdt2qs', 1, 1, 'message', 'visitor', '01m8ec36444e32ednmgqska5bt', '', '012988f8f5a51e485270a2187d253540', 'f5c9c5cbab9f2018b870392165ff9669', '退款吗 refund?', '[{"id":"01m8ec36aby2zajp8m05ech8t7","name":"账单.txt","type":"text/plain","size":27,"width":0,"height":0}]', NULL, NULL, 1795778779535, NULL, 0, NULL);
INSERT INTO messages VALUES (2, '01m8ec36dxx580pqq5ddxb17c8', '01m8ec36cgwbwat43rykgdt2qs', 2, 2, 'notice', 'system', '01m8ec34832h0r0jd56c52jktm', 'owner', NULL, '', '', '[]', NULL, '{"event":"joined","agent":"owner","waited_ms":"46"}', 1795778779581, NULL, 0, NULL);
INSERT INTO messages VALUES (3, '01m8ec36ef598f5q4d5ra94e0h', '01m8ec36cgwbwat43rykgdt2qs', 3, 3, 'message', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', '85c10b4f3c26b5c162fac8d09c27e453', 'ace17b0fc8b2bf2f2f40782dbd38df9d', '好的, at once', '[]', NULL, NULL, 1795778779599, NULL, 0, NULL);
INSERT INTO messages VALUES (4, '01m8ec36fr7mz83721hf590880', '01m8ec36cgwbwat43rykgdt2qs', 4, NULL, 'note', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', 'e8ca6c59bc0169b4a8675a7ea55ae450', '0b2a17b4749e2063022d5a0dae65fb5e', 'only us: 金牌客户', '[]', NULL, NULL, 1795778779640, NULL, 0, NULL);
INSERT INTO messages VALUES (5, '01m8ec36gn33f8r7vbween8j4e', '01m8ec36cgwbwat43rykgdt2qs', 5, 4, 'message', 'visitor', '01m8ec36444e32ednmgqska5bt', '', 'a0699ca4ae9b429e4fb858b28ed27d55', '13f0620bb1bca66147e2fab45a95bee9', '谢谢 <b>thanks</b>', '[]', NULL, NULL, 1795778779669, NULL, 0, NULL);
INSERT INTO messages VALUES (6, '01m8ec36kq0najhg8rzyaqdd35', '01m8ec36krpgwryr504eqwx6ey', 1, 1, 'message', 'visitor', '01m8ec36jg9m2yb2ty1rnh7ws9', '', 'fab4402973a09697c4b1245f50b67996', 'a60398247bff7932d592f9469fdf6f9b', 'Where is my parcel?', '[]', NULL, NULL, 1795778779767, NULL, 0, NULL);
INSERT INTO messages VALUES (7, '01m8ec36nckjcq24smvmg2g1ex', '01m8ec36krpgwryr504eqwx6ey', 2, NULL, 'note', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', NULL, '', 'yours', '[]', NULL, NULL, 1795778779820, NULL, 0, NULL);
INSERT INTO messages VALUES (8, '01m8ec36nczcwwe45mhe8hw4kd', '01m8ec36krpgwryr504eqwx6ey', 3, 2, 'notice', 'system', '01m8ec34832h0r0jd56c52jktm', 'owner', NULL, '', '', '[]', NULL, '{"event":"transferred","agent":"owner","to":"李雷"}', 1795778779820, NULL, 0, NULL);
INSERT INTO messages VALUES (9, '01m8ec36rbts70bxnac1npe121', '01m8ec36rkn08jyfc69c9d2xmx', 1, 1, 'message', 'visitor', '01m8ec36p61zw3fbfaz7r0qawy', '', 'b06cc6132f9d69e89149d2f824a82e3f', '35dba59ba86c7c86cd7b6d5baefaf681', 'done soon', '[]', NULL, NULL, 1795778779915, NULL, 0, NULL);
INSERT INTO messages VALUES (10, '01m8ec36t3zd1xkdnpaqn9c0da', '01m8ec36rkn08jyfc69c9d2xmx', 2, 2, 'notice', 'system', '01m8ec34832h0r0jd56c52jktm', 'owner', NULL, '', '', '[]', NULL, '{"event":"joined","agent":"owner","waited_ms":"47"}', 1795778779962, NULL, 0, NULL);
INSERT INTO messages VALUES (11, '01m8ec36stq186wef9721txyv5', '01m8ec36rkn08jyfc69c9d2xmx', 3, 3, 'message', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', '1a5cc175e890d72739c600a4b05736da', '665fcd54ef7c16e48b68594b9591df14', 'It is.', '[]', NULL, NULL, 1795778779962, NULL, 0, NULL);
INSERT INTO messages VALUES (12, '01m8ec36v36d4rg0w6vs4zh87f', '01m8ec36rkn08jyfc69c9d2xmx', 4, 4, 'notice', 'system', '01m8ec34832h0r0jd56c52jktm', 'owner', NULL, '', '', '[]', NULL, '{"event":"resolved","agent":"owner"}', 1795778780003, NULL, 0, NULL);
INSERT INTO files VALUES ('01m8ec36aby2zajp8m05ech8t7', '账单.txt', 'text/plain', 27, 0, 0, '9fbde35ce9877179d29b5aba5928cc20', 'a8f8b7ac214aad335139c819a29bf9dac10582503354e14264264ee4e4feda3f', 'visitor', '01m8ec36444e32ednmgqska5bt', '01m8ec36cgwbwat43rykgdt2qs', 1, 1795778779467);
INSERT INTO events VALUES (1, 1795778779354, '{"type":"contact.updated","contact":{"id":"01m8ec36444e32ednmgqska5bt","number":1,"created_at":1795778779268,"seen_at":1795778779268,"name":"韩梅梅","email":"han@example.com","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{"plan":"gold"},"claimed":["attributes.plan","name","email"]},"pos":1}');
INSERT INTO events VALUES (2, 1795778779535, '{"type":"message.created","conversation":{"id":"01m8ec36cgwbwat43rykgdt2qs","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36444e32ednmgqska5bt","status":"queued","created_at":1795778779535,"updated_at":1795778779535,"seq":1,"staff_seq":1,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795778779535,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"退款吗 refund?","last_kind":"visitor","last_note":false,"last_at":1795778779535,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36cfqhsmz8hgsdhpcxjt","conversation_id":"01m8ec36cgwbwat43rykgdt2qs","staff_seq":1,"seq":1,"kind":"message","sender":{"kind":"visitor","id":"01m8ec36444e32ednmgqska5bt","name":""},"text":"退款吗 refund?","at":1795778779535,"cid":"012988f8f5a51e485270a2187d253540","attachments":[{"id":"01m8ec36aby2zajp8m05ech8t7","name":"账单.txt","type":"text/plain","size":27,"width":0,"height":0}],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":{"id":"01m8ec36444e32ednmgqska5bt","number":1,"created_at":1795778779268,"seen_at":1795778779268,"name":"韩梅梅","email":"han@example.com","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{"plan":"gold"},"claimed":["attributes.plan","name","email"]},"agent_name":"","pos":2}');
INSERT INTO events VALUES (3, 1795778779581, '{"type":"conversation.changed","name":"conversation.assigned","conversation":{"id":"01m8ec36cgwbwat43rykgdt2qs","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36444e32ednmgqska5bt","status":"open","created_at":1795778779535,"updated_at":1795778779581,"seq":2,"staff_seq":2,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":1795778779535,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"退款吗 refund?","last_kind":"visitor","last_note":false,"last_at":1795778779535,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":null,"agent_name":"owner","pos":3}');
INSERT INTO events VALUES (4, 1795778779581, '{"type":"message.created","conversation":{"id":"01m8ec36cgwbwat43rykgdt2qs","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36444e32ednmgqska5bt","status":"open","created_at":1795778779535,"updated_at":1795778779581,"seq":2,"staff_seq":2,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":1795778779535,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"退款吗 refund?","last_kind":"visitor","last_note":false,"last_at":1795778779535,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36dxx580pqq5ddxb17c8","conversation_id":"01m8ec36cgwbwat43rykgdt2qs","staff_seq":2,"seq":2,"kind":"notice","sender":{"kind":"system","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"","at":1795778779581,"cid":"","attachments":[],"target":null,"data":{"event":"joined","agent":"owner","waited_ms":"46"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":4}');
INSERT INTO events VALUES (5, 1795778779611, '{"type":"message.created","conversation":{"id":"01m8ec36cgwbwat43rykgdt2qs","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36444e32ednmgqska5bt","status":"open","created_at":1795778779535,"updated_at":1795778779599,"seq":3,"staff_seq":3,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"好的, at once","last_kind":"agent","last_note":false,"last_at":1795778779599,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36ef598f5q4d5ra94e0h","conversation_id":"01m8ec36cgwbwat43rykgdt2qs","staff_seq":3,"seq":3,"kind":"message","sender":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"好的, at once","at":1795778779599,"cid":"85c10b4f3c26b5c162fac8d09c27e453","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":5}');
INSERT INTO events VALUES (6, 1795778779640, '{"type":"message.created","conversation":{"id":"01m8ec36cgwbwat43rykgdt2qs","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36444e32ednmgqska5bt","status":"open","created_at":1795778779535,"updated_at":1795778779640,"seq":3,"staff_seq":4,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"only us: 金牌客户","last_kind":"agent","last_note":true,"last_at":1795778779640,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36fr7mz83721hf590880","conversation_id":"01m8ec36cgwbwat43rykgdt2qs","staff_seq":4,"seq":null,"kind":"note","sender":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"only us: 金牌客户","at":1795778779640,"cid":"e8ca6c59bc0169b4a8675a7ea55ae450","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":6}');
INSERT INTO events VALUES (7, 1795778779669, '{"type":"message.created","conversation":{"id":"01m8ec36cgwbwat43rykgdt2qs","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36444e32ednmgqska5bt","status":"open","created_at":1795778779535,"updated_at":1795778779669,"seq":4,"staff_seq":5,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":1795778779669,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967296,"last_text":"谢谢 <b>thanks</b>","last_kind":"visitor","last_note":false,"last_at":1795778779669,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36gn33f8r7vbween8j4e","conversation_id":"01m8ec36cgwbwat43rykgdt2qs","staff_seq":5,"seq":4,"kind":"message","sender":{"kind":"visitor","id":"01m8ec36444e32ednmgqska5bt","name":""},"text":"谢谢 <b>thanks</b>","at":1795778779669,"cid":"a0699ca4ae9b429e4fb858b28ed27d55","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":7}');
INSERT INTO events VALUES (8, 1795778779768, '{"type":"message.created","conversation":{"id":"01m8ec36krpgwryr504eqwx6ey","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36jg9m2yb2ty1rnh7ws9","status":"queued","created_at":1795778779767,"updated_at":1795778779767,"seq":1,"staff_seq":1,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795778779767,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"Where is my parcel?","last_kind":"visitor","last_note":false,"last_at":1795778779767,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36kq0najhg8rzyaqdd35","conversation_id":"01m8ec36krpgwryr504eqwx6ey","staff_seq":1,"seq":1,"kind":"message","sender":{"kind":"visitor","id":"01m8ec36jg9m2yb2ty1rnh7ws9","name":""},"text":"Where is my parcel?","at":1795778779767,"cid":"fab4402973a09697c4b1245f50b67996","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":{"id":"01m8ec36jg9m2yb2ty1rnh7ws9","number":2,"created_at":1795778779728,"seen_at":1795778779728,"name":"","email":"","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{},"claimed":[]},"agent_name":"","pos":8}');
INSERT INTO events VALUES (9, 1795778779820, '{"type":"message.created","conversation":{"id":"01m8ec36krpgwryr504eqwx6ey","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36jg9m2yb2ty1rnh7ws9","status":"queued","created_at":1795778779767,"updated_at":1795778779820,"seq":1,"staff_seq":2,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795778779767,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"yours","last_kind":"agent","last_note":true,"last_at":1795778779820,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36nckjcq24smvmg2g1ex","conversation_id":"01m8ec36krpgwryr504eqwx6ey","staff_seq":2,"seq":null,"kind":"note","sender":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"yours","at":1795778779820,"cid":"","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"","pos":9}');
INSERT INTO events VALUES (10, 1795778779820, '{"type":"conversation.changed","name":"conversation.transferred","conversation":{"id":"01m8ec36krpgwryr504eqwx6ey","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36jg9m2yb2ty1rnh7ws9","status":"open","created_at":1795778779767,"updated_at":1795778779820,"seq":2,"staff_seq":3,"assignee_id":"01m8ec361pspqk3ey7w0sqvgw4","team_id":null,"priority":0,"waiting_since":1795778779767,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967297,"last_text":"yours","last_kind":"agent","last_note":true,"last_at":1795778779820,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":null,"agent_name":"李雷","pos":10}');
INSERT INTO events VALUES (11, 1795778779820, '{"type":"message.created","conversation":{"id":"01m8ec36krpgwryr504eqwx6ey","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36jg9m2yb2ty1rnh7ws9","status":"open","created_at":1795778779767,"updated_at":1795778779820,"seq":2,"staff_seq":3,"assignee_id":"01m8ec361pspqk3ey7w0sqvgw4","team_id":null,"priority":0,"waiting_since":1795778779767,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":4294967297,"last_text":"yours","last_kind":"agent","last_note":true,"last_at":1795778779820,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36nczcwwe45mhe8hw4kd","conversation_id":"01m8ec36krpgwryr504eqwx6ey","staff_seq":3,"seq":2,"kind":"notice","sender":{"kind":"system","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"","at":1795778779820,"cid":"","attachments":[],"target":null,"data":{"event":"transferred","agent":"owner","to":"李雷"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"李雷","pos":11}');
INSERT INTO events VALUES (12, 1795778779919, '{"type":"message.created","conversation":{"id":"01m8ec36rkn08jyfc69c9d2xmx","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36p61zw3fbfaz7r0qawy","status":"queued","created_at":1795778779915,"updated_at":1795778779915,"seq":1,"staff_seq":1,"assignee_id":null,"team_id":null,"priority":0,"waiting_since":1795778779915,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"done soon","last_kind":"visitor","last_note":false,"last_at":1795778779915,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36rbts70bxnac1npe121","conversation_id":"01m8ec36rkn08jyfc69c9d2xmx","staff_seq":1,"seq":1,"kind":"message","sender":{"kind":"visitor","id":"01m8ec36p61zw3fbfaz7r0qawy","name":""},"text":"done soon","at":1795778779915,"cid":"b06cc6132f9d69e89149d2f824a82e3f","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":{"id":"01m8ec36p61zw3fbfaz7r0qawy","number":3,"created_at":1795778779846,"seen_at":1795778779846,"name":"","email":"","phone":"","language":"en","browser":"","address":"127.0.0.1","attributes":{},"claimed":[]},"agent_name":"","pos":12}');
INSERT INTO events VALUES (13, 1795778779971, '{"type":"conversation.changed","name":"conversation.assigned","conversation":{"id":"01m8ec36rkn08jyfc69c9d2xmx","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36p61zw3fbfaz7r0qawy","status":"open","created_at":1795778779915,"updated_at":1795778779962,"seq":2,"staff_seq":2,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":1795778779915,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"done soon","last_kind":"visitor","last_note":false,"last_at":1795778779915,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":null,"agent_name":"owner","pos":13}');
INSERT INTO events VALUES (14, 1795778779971, '{"type":"message.created","conversation":{"id":"01m8ec36rkn08jyfc69c9d2xmx","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36p61zw3fbfaz7r0qawy","status":"open","created_at":1795778779915,"updated_at":1795778779962,"seq":2,"staff_seq":2,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":1795778779915,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"done soon","last_kind":"visitor","last_note":false,"last_at":1795778779915,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36t3zd1xkdnpaqn9c0da","conversation_id":"01m8ec36rkn08jyfc69c9d2xmx","staff_seq":2,"seq":2,"kind":"notice","sender":{"kind":"system","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"","at":1795778779962,"cid":"","attachments":[],"target":null,"data":{"event":"joined","agent":"owner","waited_ms":"47"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":14}');
INSERT INTO events VALUES (15, 1795778779971, '{"type":"message.created","conversation":{"id":"01m8ec36rkn08jyfc69c9d2xmx","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36p61zw3fbfaz7r0qawy","status":"open","created_at":1795778779915,"updated_at":1795778779962,"seq":3,"staff_seq":3,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":null,"close_reason":null,"merged_into":null,"follows":null,"fence":0,"last_text":"It is.","last_kind":"agent","last_note":false,"last_at":1795778779962,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36stq186wef9721txyv5","conversation_id":"01m8ec36rkn08jyfc69c9d2xmx","staff_seq":3,"seq":3,"kind":"message","sender":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"It is.","at":1795778779962,"cid":"1a5cc175e890d72739c600a4b05736da","attachments":[],"target":null,"data":null,"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":15}');
INSERT INTO events VALUES (16, 1795778780003, '{"type":"conversation.changed","name":"conversation.resolved","conversation":{"id":"01m8ec36rkn08jyfc69c9d2xmx","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36p61zw3fbfaz7r0qawy","status":"resolved","created_at":1795778779915,"updated_at":1795778780003,"seq":4,"staff_seq":4,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":1795778780003,"close_reason":"answered","merged_into":null,"follows":null,"fence":0,"last_text":"It is.","last_kind":"agent","last_note":false,"last_at":1795778779962,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":"01m8ec34832h0r0jd56c52jktm","agent_name":"owner","pos":16}');
INSERT INTO events VALUES (17, 1795778780003, '{"type":"message.created","conversation":{"id":"01m8ec36rkn08jyfc69c9d2xmx","inbox_id":"01m8ec3633ajx2rcpvkqvcjbmf","contact_id":"01m8ec36p61zw3fbfaz7r0qawy","status":"resolved","created_at":1795778779915,"updated_at":1795778780003,"seq":4,"staff_seq":4,"assignee_id":"01m8ec34832h0r0jd56c52jktm","team_id":null,"priority":0,"waiting_since":null,"snoozed_until":null,"resolved_at":1795778780003,"close_reason":"answered","merged_into":null,"follows":null,"fence":0,"last_text":"It is.","last_kind":"agent","last_note":false,"last_at":1795778779962,"visitor_read":0,"visitor_delivered":0,"staff_read":0},"message":{"id":"01m8ec36v36d4rg0w6vs4zh87f","conversation_id":"01m8ec36rkn08jyfc69c9d2xmx","staff_seq":4,"seq":4,"kind":"notice","sender":{"kind":"system","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"text":"","at":1795778780003,"cid":"","attachments":[],"target":null,"data":{"event":"resolved","agent":"owner"},"edited_at":null,"deleted":false,"content":null},"contact":null,"agent_name":"owner","pos":17}');
INSERT INTO events VALUES (18, 1795778780074, '{"type":"ticket.changed","name":"ticket.created","ticket":{"id":"01m8ec36xa1ka40d11cfwn0fxz","number":1,"version":1,"title":"杯子碎了","description":"","status":"new","priority":3,"type":"question","contact_id":"01m8ec36444e32ednmgqska5bt","assignee_id":null,"team_id":null,"due_at":null,"author_id":"01m8ec34832h0r0jd56c52jktm","created_at":1795778780074,"updated_at":1795778780074,"done_at":null,"entries":1,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":null,"pos":18}');
INSERT INTO events VALUES (19, 1795778780132, '{"type":"ticket.changed","name":"ticket.created","ticket":{"id":"01m8ec36z4qh7d3xvc9j463k0a","number":2,"version":1,"title":"Invoice again","description":"","status":"waiting","priority":2,"type":"question","contact_id":null,"assignee_id":"01m8ec361pspqk3ey7w0sqvgw4","team_id":null,"due_at":null,"author_id":"01m8ec34832h0r0jd56c52jktm","created_at":1795778780132,"updated_at":1795778780132,"done_at":null,"entries":1,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":"01m8ec361pspqk3ey7w0sqvgw4","pos":19}');
INSERT INTO events VALUES (20, 1795778780189, '{"type":"ticket.changed","name":"ticket.created","ticket":{"id":"01m8ec370yery99h4wy5w4yzxf","number":3,"version":1,"title":"Old matter","description":"","status":"done","priority":2,"type":"question","contact_id":null,"assignee_id":null,"team_id":null,"due_at":null,"author_id":"01m8ec34832h0r0jd56c52jktm","created_at":1795778780190,"updated_at":1795778780190,"done_at":1795778780190,"entries":1,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":null,"pos":20}');
INSERT INTO events VALUES (21, 1795778780232, '{"type":"ticket.changed","name":"ticket.updated","ticket":{"id":"01m8ec36xa1ka40d11cfwn0fxz","number":1,"version":2,"title":"杯子碎了","description":"","status":"new","priority":3,"type":"question","contact_id":"01m8ec36444e32ednmgqska5bt","assignee_id":null,"team_id":null,"due_at":null,"author_id":"01m8ec34832h0r0jd56c52jktm","created_at":1795778780074,"updated_at":1795778780243,"done_at":null,"entries":2,"merged_into":null,"merged_at":null,"fields":{}},"actor":{"kind":"agent","id":"01m8ec34832h0r0jd56c52jktm","name":"owner"},"was_team":null,"was_assignee":null,"pos":21}');
DELETE FROM search_data;
INSERT INTO search_data VALUES (1, X'081c');
INSERT INTO search_data VALUES (10, X'00000000ff00000101040400040101010101000004020101020200000203010103030000010401010404000001');
INSERT INTO search_data VALUES (137438953473, X'000000a4033061740302040101620504040401046f6e636503020503026c790402020106726566756e6401020501067468616e6b73050205010275730402030103e590970102040205a5bde79a840302020205aea2e688b70402060103e688b70402070205acbee590970102030106e7898ce5aea204020502029a840302030103e8b0a20502030403e8b0a20502020106e98080e6acbe01020202058791e7898c04020404070709070b0b07080a0a080a0b0708080b');
INSERT INTO search_data VALUES (274877906945, X'000000310330697306020301026d79060204010670617263656c060205010577686572650602020105796f7572730702020407070b0a');
INSERT INTO search_data VALUES (412316860417, X'000000160530646f6e650902020104736f6f6e0902030409');
INSERT INTO search_data VALUES (549755813889, X'00000011033069730b02030201740b02020407');
DELETE FROM search_idx;
INSERT INTO search_idx VALUES (1, X'', 2);
INSERT INTO search_idx VALUES (2, X'', 2);
INSERT INTO search_idx VALUES (3, X'', 2);
INSERT INTO search_idx VALUES (4, X'', 2);
DELETE FROM search_docsize;
INSERT INTO search_docsize VALUES (1, X'04', 1);
INSERT INTO search_docsize VALUES (3, X'04', 1);
INSERT INTO search_docsize VALUES (4, X'06', 1);
INSERT INTO search_docsize VALUES (5, X'05', 1);
INSERT INTO search_docsize VALUES (6, X'04', 2);
INSERT INTO search_docsize VALUES (7, X'01', 2);
INSERT INTO search_docsize VALUES (9, X'02', 3);
INSERT INTO search_docsize VALUES (11, X'02', 4);
DELETE FROM search_config;
INSERT INTO search_config VALUES ('version', 4);
INSERT INTO known_browsers VALUES ('96a2e567f39f37cac43535ea16f9a1187d6f83923255943b1fff7cfd18047d9a', '01m8ec34832h0r0jd56c52jktm', 1795778778851);
INSERT INTO drafts VALUES ('01m8ec34832h0r0jd56c52jktm', '01m8ec36cgwbwat43rykgdt2qs', 0, '稍等', 1795778779703);
INSERT INTO canned_replies VALUES ('01m8ec373g1cs0ydxx3pq66keh', 'hi', 'Hello', 'Hello {{contact.name}}', '您好', 'all', '01m8ec34832h0r0jd56c52jktm', NULL, 0, 1795778780272, 1795778780272);
INSERT INTO tickets VALUES ('01m8ec36xa1ka40d11cfwn0fxz', 1, 2, '杯子碎了', '', 'new', 3, 'question', '01m8ec36444e32ednmgqska5bt', NULL, NULL, NULL, '01m8ec34832h0r0jd56c52jktm', 1795778780074, 1795778780243, NULL, 2, '57973e7367305789f370ad561a824f0a', 'fdd178f25168629602f7293b35c67186', NULL, NULL, '{}');
INSERT INTO tickets VALUES ('01m8ec36z4qh7d3xvc9j463k0a', 2, 1, 'Invoice again', '', 'waiting', 2, 'question', NULL, '01m8ec361pspqk3ey7w0sqvgw4', NULL, NULL, '01m8ec34832h0r0jd56c52jktm', 1795778780132, 1795778780132, NULL, 1, '7a0e8eb71c24c89c80f05b0f199c34eb', 'fae67e1b81680158c87f855b4498a933', NULL, NULL, '{}');
INSERT INTO tickets VALUES ('01m8ec370yery99h4wy5w4yzxf', 3, 1, 'Old matter', '', 'done', 2, 'question', NULL, NULL, NULL, NULL, '01m8ec34832h0r0jd56c52jktm', 1795778780190, 1795778780190, 1795778780190, 1, '8d0e81d68464f93d9211e8bcaf5ceb65', '25707152bc8b6b4d4bd9792830e7884e', NULL, NULL, '{}');
INSERT INTO ticket_entries VALUES ('01m8ec36xa1ka40d11cfwn0fxz', 1, 'created', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', 1795778780074, '', '[]', NULL);
INSERT INTO ticket_entries VALUES ('01m8ec36z4qh7d3xvc9j463k0a', 1, 'created', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', 1795778780132, '', '[]', NULL);
INSERT INTO ticket_entries VALUES ('01m8ec370yery99h4wy5w4yzxf', 1, 'created', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', 1795778780190, '', '[]', NULL);
INSERT INTO ticket_entries VALUES ('01m8ec36xa1ka40d11cfwn0fxz', 2, 'note', 'agent', '01m8ec34832h0r0jd56c52jktm', 'owner', 1795778780243, '问过仓库', '[]', '9d0ce6dcbcf237f3feb50b7b147a2e0b');
INSERT INTO ticket_conversations VALUES ('01m8ec36xa1ka40d11cfwn0fxz', '01m8ec36cgwbwat43rykgdt2qs', 1795778780074);
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
INSERT INTO ticket_fields VALUES ('01m8ec36wb209pjp0bmmt2qa0b', 'Batch', '批次', 'number', '[]', 1, 0);
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
