"""A connection between a server and its database that a test can watch, stall and release."""

import socket
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Self


class Wire:
    """Forwards every connection to the database; pass `environment` to the server that is to use it."""

    def __init__(self, database: tuple[str, int]) -> None:
        self.received = 0
        """Bytes that have come from the database so far."""
        self._database = database
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self._flowing, self._counting = Event(), Lock()
        self._flowing.set()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make a server use this wire."""
        return {"SCYLLA_HOSTS": f"127.0.0.1:{self._listener.getsockname()[1]}"}

    def stall(self) -> None:
        """Let nothing pass in either direction, but keep the connections open."""
        self._flowing.clear()

    def resume(self) -> None:
        """Let everything pass again, beginning with what was held back."""
        self._flowing.set()

    def __enter__(self) -> Self:
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.resume()
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                database = socket.create_connection(self._database)
                self._open += [client, database]
                Thread(target=self._pump, args=[client, database], daemon=True).start()
                Thread(target=self._pump, args=[database, client, True], daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, counted: bool = False) -> None:
        with suppress(OSError):  # one of the two hung up
            while data := source.recv(65_536):
                self._flowing.wait()
                target.sendall(data)
                if counted:
                    with self._counting:
                        self.received += len(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
