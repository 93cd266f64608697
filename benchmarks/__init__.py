"""How fast the service is, measured over a real socket: ``python -m benchmarks``."""
