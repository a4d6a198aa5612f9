"""Will own rules, fuzzy matching, model and knowledge that name what a visitor wants (pure, no I/O).

Empty so far: its own issue fills it.
"""
