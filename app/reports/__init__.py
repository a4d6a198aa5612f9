"""Will own counters and the queries behind the wallboard and the reports.

Empty so far: its own issue fills it.
"""
