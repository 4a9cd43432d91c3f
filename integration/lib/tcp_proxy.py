"""A TCP proxy that can be told to misbehave."""

import socket
import threading


class TcpProxy:
    """Passes octets between a port of its own and a server's. `mode`, which may be changed at any time:

    pass    as they come
    delay   what the server says comes 0.4 s late
    stall   half of the next thing the server says, then nothing more on that connection
    mute    connections are taken, nothing is passed
    refuse  connections are closed at once
    """

    def __init__(self, world, name, target):
        self.port, self.target, self.mode = world.port(name), target, "pass"
        self.open, self.lock = [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == "refuse":
                client.close()
                continue
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        with self.lock:
            self.open += [client, server]
        threading.Thread(target=self.copy, args=(client, server, False), daemon=True).start()
        self.copy(server, client, True)

    def copy(self, source, goal, is_answer):
        stalled = False
        try:
            while octets := source.recv(65536):
                if stalled or self.mode == "mute":
                    continue
                if is_answer and self.mode == "delay":
                    threading.Event().wait(0.4)
                if is_answer and self.mode == "stall":
                    octets, stalled = octets[:max(1, len(octets) // 2)], True
                goal.sendall(octets)
        except OSError:
            pass
        for each in (source, goal):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        """Ends all connections there are."""
        with self.lock:
            ended, self.open = self.open, []
        for each in ended:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
