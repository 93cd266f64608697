from ftlclient.cli import main

raise SystemExit(main())
