-- What the bot knows of a conversation, and what it made of each message. Times in ms UTC.

CREATE TABLE bot_dialogues (
    conversation_id TEXT PRIMARY KEY REFERENCES conversations (id),
    state TEXT NOT NULL, -- JSON: app/chat/dialogue.py
    updated_at BIGINT NOT NULL,
    handed_at BIGINT -- when it last gave the conversation to people
);

CREATE TABLE bot_turns (
    message_id TEXT PRIMARY KEY, -- the visitor's
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    inbox_id TEXT NOT NULL,
    contact_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    intent TEXT NOT NULL, -- '': none
    confidence DOUBLE PRECISION NOT NULL,
    tier TEXT NOT NULL,
    outcome TEXT NOT NULL,
    answer_id TEXT, -- the bot's message
    numbers BIGINT NOT NULL DEFAULT 0, -- numbers of records that were looked for without proof
    helped BIGINT, -- 1 or 0 as the visitor says
    chosen TEXT -- the intent that he chose out of what was offered
);
CREATE INDEX bot_turns_by_time ON bot_turns (at);
CREATE INDEX bot_turns_by_conversation ON bot_turns (conversation_id);
CREATE INDEX bot_turns_by_contact ON bot_turns (contact_id, at) WHERE numbers > 0;
