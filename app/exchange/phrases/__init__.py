"""Phrases of intents as other systems write them: which format a file is, its phrases with their lines, and back."""
