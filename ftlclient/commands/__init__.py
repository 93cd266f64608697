"""The commands of ftlclient, one module each: EXAMPLE, ``add_arguments(parser)`` and ``handle(args, console)``.

``ftlclient --help`` needs only this list; a module is imported when its command runs.
"""

COMMANDS = [
    # name, module, help
    ("activity", "activity", "list the activity periods of each member"),
    ("timeline", "timeline", "draw who was active when on one axis"),
    ("summary", "summary", "show how long each member was active each day, week or month"),
    ("ranking", "ranking", "show who was active most"),
    ("hours", "hours", "show in which hours of the week members are active"),
    ("overlap", "overlap", "show when members were active together"),
    ("coverage", "coverage", "show when nobody was active, and how members handed over"),
    ("rest", "rest", "show what leaves members time to rest"),
    ("who", "who", "show who is active now, and since when"),
    ("meeting", "meeting", "propose the best times to meet in a coming week"),
    ("clock-changes", "clock_changes", "list the clock changes ahead, and when a standing meeting moves"),
    ("members", "members", "list members"),
    ("team", "team", "list, make and change teams"),
    ("log", "log", "record an activity period"),
    ("start", "start", "begin an activity period"),
    ("stop", "stop", "end the period that start began, and record it"),
    ("status", "status", "show what is running and what waits to be sent"),
    ("track", "track", "record activity while this runs"),
    ("recent", "recent", "list what was recorded last"),
    ("edit", "edit", "change the times of a period"),
    ("unlog", "unlog", "delete a period"),
    ("undo", "undo", "take back what was recorded last from this machine"),
    ("import", "import_file", "import users and activity from a file of another system"),
    ("export", "export", "download all users and periods"),
    ("user", "user", "add, change, merge and delete members"),
    ("login", "login", "save the URL of a server and a token for it"),
    ("logout", "logout", "remove the saved server and token"),
    ("whoami", "whoami", "show the server and what the token permits"),
    ("config", "config", "show or change the default team, the week and the clock"),
    ("spool", "spool", "show writes that are saved for later or were refused"),
    ("completion", "completion", "write the completion script for a shell"),
]
