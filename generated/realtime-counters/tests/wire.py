"""A wire between a server and its database that a test can watch, stall and let go again."""

import socket
from contextlib import suppress
from threading import Event, Lock, Thread
from typing import Self


class Wire:
    """Passes every connection on to the database; give `environment` to the server that shall use it."""

    def __init__(self, database: tuple[str, int]) -> None:
        self.received = 0
        """How many bytes have come from the database so far."""
        self._database = database
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self._flowing, self._counting = Event(), Lock()
        self._flowing.set()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a server to the database through this wire."""
        return {"SCYLLA_HOSTS": f"127.0.0.1:{self._listener.getsockname()[1]}"}

    def stall(self) -> None:
        """Let nothing pass in either direction; the connections stay open."""
        self._flowing.clear()

    def resume(self) -> None:
        """Let everything pass again, what was held back first."""
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
