"""ARI's operations on the simulated server, one module a resource."""
