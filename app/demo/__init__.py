"""The demo shop: written dialogues, the script that fills a data folder with them, and that folder's mark.

Owns no table and no route. Called by `appliance` under `--demo` alone; fills through the storage room's noun files.
"""
