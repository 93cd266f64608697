"""Keep users and their activity periods, and answer over HTTP who was active when."""

__version__ = "0.2.0"
