"""Owns what the intent engine learns: the intents that people write, what agents correct, the engine at work.

Intents with their phrases (`intents`, `importing`), the one engine that runs (`keeper`), corrections, training in a
child process with the gate before a new version goes to work, statistics, and the list of suggestions. Called by `api`
and by the appliance; the bot of `chat` sees the keeper as `model.intents.Understanding`.
"""
