"""Our own services of gRPC: what programs may do at the desk."""
