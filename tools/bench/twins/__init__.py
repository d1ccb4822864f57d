"""Each feature's main write and main read, written a second time by hand on the bare driver: one module per feature."""
