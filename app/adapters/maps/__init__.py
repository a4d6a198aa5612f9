"""Maps: what is made of a document, as data that is compiled to Python, or followed step by step for a preview."""
