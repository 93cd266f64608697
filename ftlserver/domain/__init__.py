"""What the service is about, pure: users, periods, intervals, instants, zones, days. No I/O."""
