"""Lightweight transactions: names that only one hero can hold, profiles that nobody overwrites unseen."""
