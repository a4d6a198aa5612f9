-- Fields of a desk's own of contacts, organisations and conversations too; organisations. Times in ms UTC.

ALTER TABLE ticket_fields RENAME TO fields;
ALTER TABLE fields ADD COLUMN noun TEXT NOT NULL DEFAULT 'ticket'; -- ticket, contact, organisation, conversation
ALTER TABLE fields ADD COLUMN key TEXT NOT NULL DEFAULT ''; -- what a value stands under; never changes
UPDATE fields SET key = id;
CREATE UNIQUE INDEX fields_by_key ON fields (noun, key);

ALTER TABLE conversations ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}'; -- values by the field's key, as text

CREATE TABLE organisations (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    folded TEXT NOT NULL UNIQUE, -- the name as it is compared and sorted
    note TEXT NOT NULL DEFAULT '',
    external_id TEXT NOT NULL DEFAULT '',
    attributes TEXT NOT NULL DEFAULT '{}',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX organisations_by_external_id ON organisations (external_id) WHERE external_id <> '';
CREATE TABLE organisation_domains (
    domain TEXT PRIMARY KEY, -- by which a contact's address tells where he belongs
    organisation_id TEXT NOT NULL REFERENCES organisations (id),
    position INTEGER NOT NULL
);
CREATE INDEX organisation_domains_by_organisation ON organisation_domains (organisation_id);

ALTER TABLE contacts ADD COLUMN organisation_id TEXT REFERENCES organisations (id);
CREATE INDEX contacts_by_organisation ON contacts (organisation_id, seen_at, number) WHERE organisation_id IS NOT NULL;
