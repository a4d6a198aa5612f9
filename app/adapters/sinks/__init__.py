"""Sinks: where records go: into our rooms by their verbs, or out to another system by the outbox."""
