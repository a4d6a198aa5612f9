"""Bytes to trees and back: JSON, XML, ProtoBuf, form, CSV, NDJSON, any to any. Pure: no I/O.

`codecs` is the way in (`decode`, `encode`, `reader` of a `Format`), `sniff` tells which format comes, `tree` what all
of them become. Each format is a module of its own, loaded when it is first used.
"""
