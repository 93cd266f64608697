"""Draw the pictures of the README with the real program: ``python docs/pictures.py``."""

import tempfile
import threading
from pathlib import Path

from ftlclient.cli import main
from ftlserver.commands import sample_data
from ftlserver.domain import instants
from ftlserver.serving.server import Server, listen
from ftlserver.storage import Storage
from ftlserver.web.app import create_app

PICTURES = Path(__file__).parent / "pictures"
# A Monday morning in Berlin; the same pictures each time.
NOW = 1_795_420_800 * instants.SECOND

COMMANDS = {
    "timeline": ["timeline", "--all", "--on", "2026-11-19", "--tz", "Europe/Berlin"],
    "hours": ["hours", "jonas", "maya", "--from", "2026-10-01", "--to", "2026-11-22", "--tz", "Europe/Berlin"],
    "overlap": ["overlap", "jonas", "maya", "amara", "--on", "2026-11-19", "--min", "2", "--tz", "Europe/Berlin"],
}


def make_pictures() -> None:
    """Serve the demo team and let ftlclient draw it."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as directory,
        Storage.open(str(Path(directory, "demo.sqlite3")), threads=2) as storage,
    ):
        team = sample_data.demo_team(NOW)
        periods = (period for _, found in team for period in found)
        storage.bulk_import.store((user for user, _ in team), periods)
        server = Server(create_app(storage), listen("127.0.0.1", 0), 2)
        thread = threading.Thread(target=server.run)
        thread.start()
        for name, argv in COMMANDS.items():
            main([*argv, "--url", server.url, "--svg", str(PICTURES / f"{name}.svg")])
        server.stop()
        thread.join()


if __name__ == "__main__":
    make_pictures()
