"""`manage.py serve`: runserver on HOST and PORT, without the reloader."""

import signal
from typing import Any

from django.core.management import BaseCommand, call_command
from django.core.servers import basehttp
from django.core.servers.basehttp import ServerHandler, WSGIRequestHandler, WSGIServer

from ...config import get_settings

PIECE = 64 * 1024

get_environ = WSGIRequestHandler.get_environ


def with_socket(handler: Any) -> Any:
    """Hand over the connection, as gunicorn does: whoever looks at it notices a client that has left."""
    return {**get_environ(handler), "gunicorn.socket": handler.connection}


class DiscardingHandler(ServerHandler):
    """Discards what is left of a body in pieces; Django takes it into memory at once, whatever length it claims."""

    def close(self) -> None:
        while self.get_stdin().read(PIECE):
            pass
        super(ServerHandler, self).close()


class Command(BaseCommand):
    """Serves the demo on HOST and PORT."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        settings = get_settings()
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Django queues ten connections; if more arrive at once, some are reset.
        WSGIServer.request_queue_size = 128
        # Headers and body are two packets; otherwise the second waits 40 ms for the first to be acknowledged.
        WSGIRequestHandler.disable_nagle_algorithm = True
        WSGIRequestHandler.get_environ = with_socket  # type: ignore[method-assign, assignment]  # runserver has its own
        basehttp.ServerHandler = DiscardingHandler  # type: ignore[misc]  # there is no other way in
        call_command("runserver", f"{settings.address}:{settings.port}", use_reloader=False)
