-- E-mail that comes in: addresses that are inboxes, and what became of each mail. Times in ms UTC.

ALTER TABLE inboxes ADD COLUMN kind TEXT NOT NULL DEFAULT 'website'; -- website, email

CREATE TABLE mailboxes (
    inbox_id TEXT PRIMARY KEY REFERENCES inboxes (id),
    address TEXT NOT NULL UNIQUE, -- lower case
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    security TEXT NOT NULL, -- none, starttls, tls
    username TEXT NOT NULL DEFAULT '',
    secret TEXT NOT NULL DEFAULT '', -- where the password is, never the password
    folder TEXT NOT NULL DEFAULT 'INBOX',
    plus INTEGER NOT NULL DEFAULT 0, -- whether name+anything@ leads here too
    active INTEGER NOT NULL DEFAULT 1,
    uid_validity BIGINT, -- the generation of its numbers (RFC 3501); NULL: never looked at
    uid BIGINT NOT NULL DEFAULT 0, -- the highest number of it that was taken
    looked_at BIGINT,
    trouble TEXT -- JSON: what is wrong since the last look that went well
);

CREATE TABLE mails (
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    header_id TEXT NOT NULL, -- Message-ID: a mail is taken once
    outgoing INTEGER NOT NULL,
    state TEXT NOT NULL, -- begun, taken, ignored; sent, failed
    reason TEXT NOT NULL DEFAULT '', -- why it was ignored or failed
    contact_id TEXT REFERENCES contacts (id), -- who wrote it
    conversation_id TEXT REFERENCES conversations (id),
    message_id TEXT,
    subject TEXT NOT NULL DEFAULT '',
    sender TEXT NOT NULL DEFAULT '', -- lower case
    answer_to TEXT NOT NULL DEFAULT '',
    recipients TEXT NOT NULL DEFAULT '[]',
    copies TEXT NOT NULL DEFAULT '[]',
    at BIGINT NOT NULL,
    PRIMARY KEY (inbox_id, header_id)
);
CREATE INDEX mails_by_conversation ON mails (conversation_id, at) WHERE conversation_id IS NOT NULL;
CREATE INDEX mails_by_sender ON mails (sender, at);
CREATE INDEX mails_by_header ON mails (header_id);
