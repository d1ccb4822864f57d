"""Single-table inheritance: articles, videos and podcasts in one table, each read back as its own class."""
