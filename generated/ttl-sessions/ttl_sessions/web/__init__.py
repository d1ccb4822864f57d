"""The framework's side: the frame of the JSON API, pages, the gate that every request passes, templates and styles."""
