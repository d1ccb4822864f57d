"""Serves the demo: `python main.py`, or any WSGI server with `main:app`."""

import signal

if __name__ == "__main__":  # Ctrl-C ends the program without a word, while it starts too
    signal.signal(signal.SIGINT, signal.SIG_DFL)

from identity_service.app import create_app
from identity_service.config import get_settings

app = create_app()

if __name__ == "__main__":
    settings = get_settings()
    app.run(settings.address, settings.port, threaded=True, load_dotenv=False)  # a .env may be another project's
