"""What the generated projects cost, beside hand-written twins on the bare driver: in turns, in one process."""
