"""The door for machines: sources bring records in, sinks take tickets out, both joined by configuration.

Owns sources, their specs and their pipelines. Decides nothing: what comes goes through the rooms that every door uses.
Loads nothing heavy before a source needs it.
"""
