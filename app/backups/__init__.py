"""Backups that the server makes of itself: when one is due, which stay, how the last one went.

Owns the archives `monodesk-….zip` in the backup folder; nobody else writes or removes one. Called by `appliance`; the
archive itself is `storage.archive`'s.
"""
