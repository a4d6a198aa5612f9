-- Answers that are at hand.

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
