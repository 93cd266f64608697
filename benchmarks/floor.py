"""Serve a Bottle route that answers ``ok``, with the settings of ftlserver; print the URL."""

import bottle

from ftlserver.config import DEFAULT_THREADS
from ftlserver.serving.server import Server, listen, serve

application = bottle.Bottle()


application.route("/", "POST", lambda: "ok")


def main() -> None:
    """Serve until SIGTERM."""
    server = Server(application, listen("127.0.0.1", 0), DEFAULT_THREADS)
    serve(server, lambda: print(server.url, flush=True))


if __name__ == "__main__":
    main()
