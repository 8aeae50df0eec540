"""A wire between a client and a server that can be cut at any moment."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Passes bytes both ways, until it is cut; then whoever connects anew is served again."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._server = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.port: int = self._server.getsockname()[1]
        self._threads[0].start()

    def cut(self) -> None:
        for one in self._pairs:
            _shut(one)

    def close(self) -> None:
        _shut(self._server)
        self.cut()
        for thread in self._threads:
            thread.join()
        for one in (self._server, *self._pairs):
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._pairs += [client, server]
                for source, sink in ((client, server), (server, client)):
                    self._threads.append(threading.Thread(target=_pass_on, args=(source, sink), daemon=True))
                    self._threads[-1].start()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    _shut(sink)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
