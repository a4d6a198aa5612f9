-- Tags and priorities of conversations. Times in ms UTC.

CREATE TABLE tags (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    color TEXT NOT NULL, -- grey, blue, green, amber, red, violet
    created_at BIGINT NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0 -- put on nothing new; it stays where it is
);

CREATE TABLE conversation_tags (
    tag_id TEXT NOT NULL REFERENCES tags (id),
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    PRIMARY KEY (tag_id, conversation_id)
);
CREATE INDEX conversation_tags_by_conversation ON conversation_tags (conversation_id);

ALTER TABLE conversations ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'; -- ids, as the head shows them
UPDATE conversations SET priority = 2 WHERE priority = 0; -- 1 low, 2 normal, 3 high, 4 urgent, as of tickets
