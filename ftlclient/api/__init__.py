"""The server's HTTP API: the client, what it answers, and the writes that could not be sent yet."""
