-- Conversations that go on in another one, and conversations that belong together. Times in ms UTC.

CREATE TABLE conversation_merges (
    source_id TEXT PRIMARY KEY REFERENCES conversations (id), -- it is read-only, and shown as a block in the other
    target_id TEXT NOT NULL REFERENCES conversations (id),
    at BIGINT NOT NULL,
    before TEXT NOT NULL -- the facts of the source's head that undoing gives back (JSON)
);
CREATE INDEX conversation_merges_by_target ON conversation_merges (target_id, at);

CREATE TABLE conversation_links (
    one_id TEXT NOT NULL REFERENCES conversations (id), -- the lower id of the two
    other_id TEXT NOT NULL REFERENCES conversations (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (one_id, other_id)
);
CREATE INDEX conversation_links_by_other ON conversation_links (other_id);
