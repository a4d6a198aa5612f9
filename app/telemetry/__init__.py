"""Logs and metrics: how the appliance tells what it does.

Owns the log format and the metrics registry. Every room above `settings` may call it; it keeps no message text.
"""
