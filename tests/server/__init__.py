"""What administrators are told of the server."""
