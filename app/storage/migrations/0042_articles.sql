-- Articles for customers, each in one language; what they were before; what readers thought of them. Times in ms UTC.

CREATE TABLE article_collections (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name_en TEXT NOT NULL DEFAULT '',
    name_zh TEXT NOT NULL DEFAULT '',
    about_en TEXT NOT NULL DEFAULT '',
    about_zh TEXT NOT NULL DEFAULT '',
    position INTEGER NOT NULL DEFAULT 0,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE TABLE articles (
    id TEXT PRIMARY KEY,
    group_id TEXT NOT NULL, -- the same for translations of each other
    language TEXT NOT NULL, -- en, zh
    collection_id TEXT REFERENCES article_collections (id),
    slug TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL DEFAULT '', -- Markdown
    questions TEXT NOT NULL DEFAULT '[]', -- JSON: other ways to ask for it
    inbox_ids TEXT NOT NULL DEFAULT '[]', -- JSON: where it shows; none: everywhere
    published INTEGER NOT NULL DEFAULT 0,
    position INTEGER NOT NULL DEFAULT 0,
    author_id TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    helpful BIGINT NOT NULL DEFAULT 0,
    unhelpful BIGINT NOT NULL DEFAULT 0,
    views BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX articles_by_slug ON articles (language, slug);
CREATE UNIQUE INDEX articles_by_group ON articles (group_id, language);
CREATE INDEX articles_by_collection ON articles (collection_id, position, id);

CREATE TABLE article_versions (
    article_id TEXT NOT NULL REFERENCES articles (id),
    version INTEGER NOT NULL,
    at BIGINT NOT NULL,
    author_id TEXT NOT NULL,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    body TEXT NOT NULL,
    questions TEXT NOT NULL,
    PRIMARY KEY (article_id, version)
);

CREATE TABLE article_votes (
    article_id TEXT NOT NULL REFERENCES articles (id),
    voter TEXT NOT NULL, -- a contact, or a digest of where it came from
    helpful INTEGER NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (article_id, voter)
);
