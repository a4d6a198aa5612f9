-- How often invitations were shown and followed, by day.

CREATE TABLE invitation_counts (
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    rule_id TEXT NOT NULL,
    day INTEGER NOT NULL, -- since 1970, UTC
    shown INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (inbox_id, rule_id, day)
);
