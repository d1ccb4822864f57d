"""Serves the demo: `python main.py`, or `uvicorn main:app --no-proxy-headers` with any other option of uvicorn."""

import signal

if __name__ == "__main__":  # Ctrl-C ends the program without a word, while it starts too
    signal.signal(signal.SIGINT, signal.SIG_DFL)

import uvicorn

from iot_platform.app import create_app
from iot_platform.config import get_settings

app = create_app()

if __name__ == "__main__":
    settings = get_settings()
    # One process, whatever WEB_CONCURRENCY says: several import the application by its name.
    uvicorn.run(app, host=settings.address, port=settings.port, workers=1, proxy_headers=False)
