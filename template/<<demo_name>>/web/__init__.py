"""The framework's side: the JSON API's frame, pages, the gate that each request passes, templates and styles."""
