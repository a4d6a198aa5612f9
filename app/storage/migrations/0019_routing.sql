-- Routing: who gets which conversation. Times in ms UTC, ids 26 characters.

ALTER TABLE agents ADD COLUMN away_reason TEXT NOT NULL DEFAULT ''; -- break, lunch, meeting, training, missed_offers, or his own words
ALTER TABLE agents ADD COLUMN availability_since BIGINT NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN capacity INTEGER NOT NULL DEFAULT 5; -- open conversations up to which he is given more
ALTER TABLE agents ADD COLUMN skills TEXT NOT NULL DEFAULT '[]';
ALTER TABLE agents ADD COLUMN languages TEXT NOT NULL DEFAULT '[]'; -- that he speaks with visitors, as 'en', 'zh'
ALTER TABLE agents ADD COLUMN assigned_at BIGINT NOT NULL DEFAULT 0; -- when routing last gave him one

-- The order of the queue: when it was queued, or earlier for what goes first. NULL while it is not queued.
ALTER TABLE conversations ADD COLUMN queue_place BIGINT;
UPDATE conversations SET queue_place = coalesce(waiting_since, created_at) WHERE status = 'queued';
CREATE INDEX conversations_queue ON conversations (queue_place) WHERE queue_place IS NOT NULL;

CREATE TABLE routing_rules (
    place TEXT PRIMARY KEY, -- an inbox, else its team, else '' for all others
    kind TEXT NOT NULL, -- inbox, team, all
    rules TEXT NOT NULL -- model.routing.Rules
);

CREATE TABLE offers ( -- what routing gave or offered to whom, and why
    id TEXT PRIMARY KEY,
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    agent_id TEXT NOT NULL REFERENCES agents (id),
    kind TEXT NOT NULL, -- assignment, offer, transfer
    state TEXT NOT NULL, -- open, accepted, refused, expired, withdrawn
    made_at BIGINT NOT NULL,
    deadline_at BIGINT NOT NULL,
    why TEXT NOT NULL, -- model.routing.Why
    number INTEGER NOT NULL DEFAULT 1, -- the how-manieth offer of this conversation
    from_id TEXT, -- the colleague who transfers it
    note TEXT NOT NULL DEFAULT '',
    ended_at BIGINT,
    answer TEXT NOT NULL DEFAULT '' -- why it was refused
);
CREATE UNIQUE INDEX offers_open ON offers (conversation_id) WHERE state = 'open';
CREATE INDEX offers_open_of_agent ON offers (agent_id) WHERE state = 'open';
CREATE INDEX offers_open_from ON offers (from_id) WHERE state = 'open';
CREATE INDEX offers_by_conversation ON offers (conversation_id, made_at);
CREATE INDEX offers_by_agent ON offers (agent_id, made_at);

CREATE TABLE overflows ( -- teams that a conversation has left because nobody there took it: it never comes back by itself
    conversation_id TEXT NOT NULL REFERENCES conversations (id),
    team_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (conversation_id, team_id)
);
