-- The audit log: who did what to what, when. Nothing in it is changed or deleted. Times in ms UTC.

CREATE TABLE audit (
    number INTEGER PRIMARY KEY, -- counts from 1 without a hole
    at BIGINT NOT NULL,
    actor_kind TEXT NOT NULL, -- agent, token, system
    actor_id TEXT NOT NULL,
    actor_name TEXT NOT NULL, -- as it was then
    session_id TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL, -- noun.verb
    object_kind TEXT NOT NULL,
    object_id TEXT NOT NULL,
    object_name TEXT NOT NULL, -- as it was then
    change TEXT NOT NULL, -- {"before": {…}, "after": {…}}: the facts that changed, no secret among them
    previous TEXT NOT NULL, -- the hash of the entry before, empty at the first
    hash TEXT NOT NULL -- of everything above
);
CREATE INDEX audit_by_actor ON audit (actor_id, number);
CREATE INDEX audit_by_object ON audit (object_id, number);
CREATE INDEX audit_by_time ON audit (at);

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;
CREATE TRIGGER audit_keeps BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is never shortened'); END;
