"""Will own the door for machines: sources that bring records in and sinks that take tickets out.

Empty so far: its own issue fills it.
"""
