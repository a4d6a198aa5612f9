"""Will own orders, shipments and other records brought by adapters, by source.

Empty so far: its own issue fills it.
"""
