"""Collections and user-defined types: articles whose tags, notes and metadata change in place."""
