"""Entries that anyone may write: the smallest feature that has everything a feature needs."""
