"""Will own tickets and the promises (SLA) made about them.

Empty so far: its own issue fills it.
"""
