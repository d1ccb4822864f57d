"""The database's side: the connection, the driver, documents, and what is built on them."""
