"""The page: what a browser sees, made on the server from the same handlers and questions as the API."""
