"""Bytes to trees and back: JSON, XML, ProtoBuf, form, CSV, NDJSON, any to any. Pure: no I/O."""
