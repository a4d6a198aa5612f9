-- Contacts on their way in: put here a few at a time, brought into `contacts` all at once, gone then. Times in ms UTC.

CREATE TABLE staged_contacts (
    import_id TEXT NOT NULL,
    place INTEGER NOT NULL, -- in the file
    id TEXT NOT NULL, -- the new contact's, or whose facts these are to be
    known INTEGER NOT NULL, -- there is a contact already; `was_` is how he stood when this was put here
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    phone TEXT NOT NULL,
    language TEXT NOT NULL,
    attributes TEXT NOT NULL,
    claimed TEXT NOT NULL,
    organisation_id TEXT,
    was_name TEXT,
    was_email TEXT,
    was_phone TEXT,
    was_language TEXT,
    was_attributes TEXT,
    was_claimed TEXT,
    was_organisation_id TEXT,
    PRIMARY KEY (import_id, place)
);
CREATE INDEX staged_contacts_by_email ON staged_contacts (import_id, lower(email)) WHERE email <> '';
