-- What visitors want, and what the engine that recognises it has learnt. Times in ms UTC.

CREATE TABLE intents (
    name TEXT PRIMARY KEY,
    body TEXT NOT NULL, -- JSON, without its phrases
    version BIGINT NOT NULL, -- counts its changes: who saves an older one is told
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE intent_phrases (
    id TEXT PRIMARY KEY,
    intent TEXT NOT NULL REFERENCES intents (name),
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    origin TEXT NOT NULL, -- own, starter, correction, review
    at BIGINT NOT NULL
);
CREATE UNIQUE INDEX intent_phrases_once ON intent_phrases (intent, text);
CREATE INDEX intent_phrases_pages ON intent_phrases (intent, id);
CREATE INDEX intent_phrases_texts ON intent_phrases (text);

-- What agents said of classifications. The newest of a text holds.
CREATE TABLE intent_corrections (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    conversation_id TEXT NOT NULL, -- empty where it was said of a text alone
    message_id TEXT NOT NULL,
    text TEXT NOT NULL,
    said TEXT NOT NULL, -- the engine's intent, empty for none
    tier TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    verdict TEXT NOT NULL, -- right, wrong, this, chosen
    intent TEXT NOT NULL, -- empty: none of them
    agent_id TEXT NOT NULL
);
CREATE INDEX intent_corrections_texts ON intent_corrections (text, id);

-- What the engine runs by: trained models with what was measured before they went to work.
CREATE TABLE intent_versions (
    id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    at BIGINT NOT NULL,
    agent_id TEXT NOT NULL, -- empty: by itself
    why TEXT NOT NULL, -- asked, corrections, time, changed
    state TEXT NOT NULL, -- storing, kept, refused
    correction TEXT NOT NULL, -- the newest that it was trained on
    thresholds TEXT NOT NULL, -- JSON
    figures TEXT NOT NULL, -- JSON
    model_bytes BIGINT NOT NULL
);

-- A model in parts, so that no write holds up what chats write.
CREATE TABLE intent_models (
    version_id TEXT NOT NULL,
    part BIGINT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (version_id, part)
);

-- What is chosen: which version is at work, what the engine may answer by itself.
CREATE TABLE intent_choices (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL -- JSON
);

-- How often it was asked, by day, and what came of it.
CREATE TABLE intent_counts (
    day BIGINT NOT NULL, -- since 1970
    intent TEXT NOT NULL,
    tier TEXT NOT NULL,
    outcome TEXT NOT NULL,
    bucket BIGINT NOT NULL, -- of the confidence, in twentieths
    asked BIGINT NOT NULL DEFAULT 0,
    told_right BIGINT NOT NULL DEFAULT 0,
    told_wrong BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (day, intent, tier, outcome, bucket)
);

-- Visitors' first questions, for the review list.
CREATE TABLE intent_questions (
    conversation_id TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    text TEXT NOT NULL,
    language TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    said TEXT NOT NULL,
    tier TEXT NOT NULL,
    outcome TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    reviewed BIGINT NOT NULL DEFAULT 0 -- 1: the review list has looked at it
);
CREATE INDEX intent_questions_open ON intent_questions (reviewed, at);

-- What solved chats suggest, until somebody says.
CREATE TABLE intent_suggestions (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    kind TEXT NOT NULL, -- phrase, intent
    intent TEXT NOT NULL, -- whose phrase it may be; of a new intent the name that is proposed
    texts TEXT NOT NULL, -- JSON, a list
    conversations TEXT NOT NULL, -- JSON, a list of ids
    language TEXT NOT NULL,
    why TEXT NOT NULL, -- labelled, alike
    state TEXT NOT NULL, -- open, accepted, rejected
    decided_at BIGINT,
    agent_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX intent_suggestions_states ON intent_suggestions (state, id);
