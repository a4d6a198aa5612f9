"""The door for machines: sources bring records in, sinks take tickets out, both joined by configuration.

Owns sources, their specs and their pipelines. Decides nothing: what comes goes through the rooms that every door uses.
Loads nothing heavy before a source needs it.

    joined, registry, engine   whether there is a spec; which sources run; a task for each
    specs, presets, examples   YAML into Structs, held to what its words mean; systems that are known
    origins                    where records come from, and the stages that they pass
    calls, protocols, formats  other systems asked; HTTP, gRPC, WebSocket; JSON, XML, ProtoBuf, forms, CSV
    maps                       what is made of a document
    sinks                      where records go: into our rooms, or out by the outbox
    proving                    secrets, signatures, proofs
    managing                   joined systems as their administrators see them
    desk                       what programs may do here by gRPC, as `monodesk.proto` says
"""
