-- Customers who are proven by their website, contacts that go on as one. Times in ms UTC.

ALTER TABLE contacts ADD COLUMN external_id TEXT NOT NULL DEFAULT ''; -- what a website that proved it calls him
ALTER TABLE contacts ADD COLUMN merged_into TEXT; -- the contact that goes on with it
CREATE INDEX contacts_by_seen ON contacts (seen_at, number);
CREATE INDEX contacts_by_email ON contacts (lower(email)) WHERE email <> '';
CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX visitor_tokens_by_contact ON visitor_tokens (contact_id);

CREATE TABLE identity_keys (
    id TEXT PRIMARY KEY,
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    sealed TEXT NOT NULL, -- the secret, sealed by the key in keys/seal.key
    created_at BIGINT NOT NULL,
    ends_at BIGINT, -- NULL: as long as no newer one takes its place
    used_at BIGINT
);
CREATE INDEX identity_keys_by_inbox ON identity_keys (inbox_id);

CREATE TABLE identities (
    inbox_id TEXT NOT NULL REFERENCES inboxes (id),
    external_id TEXT NOT NULL,
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    at BIGINT NOT NULL,
    PRIMARY KEY (inbox_id, external_id)
);
CREATE INDEX identities_by_contact ON identities (contact_id);

CREATE TABLE contact_merges (
    id TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL REFERENCES contacts (id), -- the one that was merged
    into_id TEXT NOT NULL REFERENCES contacts (id),
    at BIGINT NOT NULL,
    moved TEXT NOT NULL, -- JSON: what was moved, keys by table
    filled TEXT NOT NULL, -- JSON: which facts were taken over
    undone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX contact_merges_by_into ON contact_merges (into_id, at);
