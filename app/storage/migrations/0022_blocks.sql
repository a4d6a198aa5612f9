-- Visitors who may not come in: a contact, a network, or both. Times in ms UTC.

CREATE TABLE blocks (
    id TEXT PRIMARY KEY,
    contact_id TEXT REFERENCES contacts (id),
    network TEXT NOT NULL DEFAULT '', -- an address range as 192.0.2.0/24
    reason TEXT NOT NULL DEFAULT '',
    agent_id TEXT NOT NULL DEFAULT '', -- who has done it
    at BIGINT NOT NULL,
    until BIGINT -- NULL: until somebody ends it
);
CREATE UNIQUE INDEX blocks_by_contact ON blocks (contact_id) WHERE contact_id IS NOT NULL;
