"""Joined systems as who manages them sees and changes them: sources, automations, previews, dead letters."""
