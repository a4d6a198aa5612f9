-- Tickets: what a desk calls where its tickets stand. The four that there always were keep their ids, and so do tickets.

CREATE TABLE ticket_statuses (
    id TEXT PRIMARY KEY,
    name_en TEXT NOT NULL,
    name_zh TEXT NOT NULL,
    category TEXT NOT NULL, -- open, waiting, done; never changes
    position INTEGER NOT NULL,
    archived INTEGER NOT NULL DEFAULT 0 -- given to no ticket any more; those that have it keep it
);
INSERT INTO ticket_statuses (id, name_en, name_zh, category, position) VALUES
    ('new', 'New', '新建', 'open', 1),
    ('open', 'Open', '处理中', 'open', 2),
    ('waiting', 'Waiting', '等待中', 'waiting', 3),
    ('done', 'Done', '已完成', 'done', 4);

ALTER TABLE tickets ADD COLUMN category TEXT NOT NULL DEFAULT 'open'; -- of its status, beside it: lists are narrowed by it
UPDATE tickets SET category = status WHERE status IN ('waiting', 'done');
CREATE INDEX tickets_by_category ON tickets (category, updated_at, number) WHERE merged_into IS NULL;
