"""HTTP: from a request to an answer. ``app`` has the route table, ``handlers`` a module for each resource."""
