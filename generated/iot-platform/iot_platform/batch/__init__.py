"""Cargo by the hundred thousand: files imported in logged or unlogged batches."""
