"""The template's own commands, which make runs."""
