"""How other systems are spoken to: HTTP, WebSocket, gRPC; each imported when a source uses it."""
