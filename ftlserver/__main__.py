from ftlserver.cli import main

raise SystemExit(main())
