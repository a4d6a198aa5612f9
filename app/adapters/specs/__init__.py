"""Specs: the YAML of a source read into Structs, held to what its words mean, tried by its own cases; and presets."""
