"""The template's own commands: render, generate, demo, lock."""
