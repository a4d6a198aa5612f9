"""What is written and read again: the engine, one file per noun with its SQL, the migrations.

Owns every table. Called by the domain rooms and by `outbox`; imports `telemetry`, `settings`, `model`.
"""
