-- Opening hours that inboxes and teams share under a name, and when teams are there.

CREATE TABLE schedules (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hours TEXT NOT NULL -- JSON: zone, periods, holidays
);

CREATE TABLE team_hours ( -- a team without a row is always there
    team_id TEXT PRIMARY KEY REFERENCES teams (id),
    schedule_id TEXT REFERENCES schedules (id),
    hours TEXT NOT NULL DEFAULT '{}' -- its own, where it follows no schedule
);

ALTER TABLE inboxes ADD COLUMN schedule_id TEXT REFERENCES schedules (id); -- NULL: the hours in its widget
