"""What comes in and goes out as tables: CSV of contacts, agents and canned replies in, of contacts, conversations and
tickets out. Called by `api` and by the commands; it writes through the rooms that own what it brings.
"""
