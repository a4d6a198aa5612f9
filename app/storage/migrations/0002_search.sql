-- Full-text search: the words of messages by their number, without a copy of the text. Fed from the outbox.

CREATE VIRTUAL TABLE search USING fts5(
    words,
    content = '',
    contentless_delete = 1,
    tokenize = 'unicode61 remove_diacritics 2'
);
