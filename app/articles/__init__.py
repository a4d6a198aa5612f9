"""Articles: what customers can read instead of asking, written by the desk in both languages.

Owns articles and their collections (`articles`, `collections`), the Markdown that they are written in (`markdown`), how
they are found (`finding`) and the pages at /help (`pages`). Called by the API, by the bot and by imports.
"""
