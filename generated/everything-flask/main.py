"""Serves the demo: `python main.py`, or any WSGI server with `main:app`."""

from everything_flask.app import create_app
from everything_flask.config import get_settings

app = create_app()

if __name__ == "__main__":
    settings = get_settings()
    app.run(settings.host, settings.port, threaded=True)
