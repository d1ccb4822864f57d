"""A test tracker after scylladb/argus: runs that move by lightweight transactions, their events, and plugins."""
