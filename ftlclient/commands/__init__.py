"""The commands of ftlclient: a room each, with EXAMPLE, ``add_arguments(parser)``, ``handle(args, console)``.

This list is all that ``ftlclient --help`` needs; a room, and the libraries behind it, is loaded when its
command runs.
"""

COMMANDS = [
    # name, help
    ("activity", "each member's periods of activity"),
]
