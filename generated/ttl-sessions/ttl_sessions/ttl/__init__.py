"""Rows that expire by themselves: stolen memories, each with its own time to live."""
