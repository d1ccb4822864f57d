"""Counter columns: views of pages and votes, added up by the database however many come at once."""
