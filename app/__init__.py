"""Monodesk: a customer-service platform in one file.

The rooms and their one import direction stand in `ARCHITECTURE.md`.
"""

__version__ = "0.1.0"
