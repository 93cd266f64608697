"""Benchmarks of the service over a real socket: ``python -m benchmarks``."""
