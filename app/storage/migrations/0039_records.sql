-- What joined systems hold of customers: orders, shipments, customers, cases, notes. Times in ms UTC.

CREATE TABLE records (
    id TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    kind TEXT NOT NULL, -- order, shipment, customer, ticket, note
    external_id TEXT NOT NULL,
    at BIGINT NOT NULL, -- when it came to be
    changed_at BIGINT NOT NULL, -- there; 0: it does not say
    updated_at BIGINT NOT NULL, -- here
    digest TEXT NOT NULL, -- of the body
    spec TEXT NOT NULL, -- version of the spec that made it
    body TEXT NOT NULL, -- JSON
    UNIQUE (source, kind, external_id)
);

-- By what a record is somebody's: `phone:13800000000`, `email:a@example.com`, `id:4711`.
CREATE TABLE record_keys (
    key TEXT NOT NULL,
    kind TEXT NOT NULL,
    at BIGINT NOT NULL,
    record_id TEXT NOT NULL REFERENCES records (id),
    PRIMARY KEY (key, kind, at, record_id)
);
CREATE INDEX record_keys_of ON record_keys (record_id);
CREATE INDEX contacts_by_external_id ON contacts (external_id) WHERE external_id <> '';
CREATE INDEX contacts_by_phone ON contacts (phone) WHERE phone <> '';
