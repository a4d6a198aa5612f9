"""Intents: recognised, decided, measured."""
