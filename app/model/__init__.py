"""The nouns of the product: frozen Structs, ids, events, frames, errors.

Owns no behaviour beyond pure functions over its own values. Every room may import it;
it imports only msgspec and the standard library.
"""
