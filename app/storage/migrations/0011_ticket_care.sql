-- Tickets: what a desk adds to them, lists that are kept, merging. Times in ms UTC.

ALTER TABLE tickets ADD COLUMN merged_into TEXT; -- the ticket that goes on with it: this one is to be read only
ALTER TABLE tickets ADD COLUMN merged_at BIGINT;
ALTER TABLE tickets ADD COLUMN fields TEXT NOT NULL DEFAULT '{}'; -- values by the field's id, as text
CREATE INDEX tickets_merged ON tickets (merged_into) WHERE merged_into IS NOT NULL;

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
CREATE INDEX ticket_views_by_owner ON ticket_views (owner_id);

-- What lists are counted by, and the order of the most urgent, without reading a row.
CREATE INDEX tickets_counted ON tickets (status, team_id, assignee_id) WHERE merged_into IS NULL;
CREATE INDEX tickets_by_priority ON tickets (priority, number);
