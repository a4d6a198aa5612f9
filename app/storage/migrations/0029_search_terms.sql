-- The words that the search index knows, in their order: what a beginning may go on to. It holds nothing of its own.

CREATE VIRTUAL TABLE search_terms USING fts5vocab('search', 'instance');
