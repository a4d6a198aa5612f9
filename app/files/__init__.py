"""Owns files: takes them in bounded and checked, keeps them under random names, grants each single reading.

Called by the doors with a proven principal; the bytes lie in the data folder, the rows in storage.
"""
