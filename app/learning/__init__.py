"""Will own corrections of the intent engine and the list of answers to be reviewed.

Empty so far: its own issue fills it.
"""
