"""Clients that ask for known and unknown recipients without a pause, and count the answers."""

import threading

from .smtp import Closed
from .world import wait_for


class RecipientLoad:
    """`known` and `unknown` make an address of a number. `answers` counts by (kind, code)."""

    def __init__(self, gateway, known, unknown, clients=3):
        self.gateway, self.questions, self.answers, self.running = gateway, (("known", known), ("unknown", unknown)), {}, True
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask, args=(number,), daemon=True) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def ask(self, number):
        turn = number
        while self.running:
            try:
                with self.gateway.dialogue() as client:
                    for _ in range(8):  # fewer errors than a session may make
                        turn += 1
                        client.ask("MAIL FROM:<sender@example.net>")
                        for kind, address in self.questions:
                            code = client.ask(f"RCPT TO:<{address(turn)}>").code
                            with self.lock:
                                self.answers[kind, code] = self.answers.get((kind, code), 0) + 1
                        client.ask("RSET")
            except (Closed, OSError):
                if self.running:
                    threading.Event().wait(0.05)  # the gateway is being restarted

    def count(self):
        with self.lock:
            return sum(self.answers.values())

    def goes_on(self, questions=300, seconds=30):
        goal = self.count() + questions
        wait_for(lambda: self.count() >= goal, "the clients go on", seconds)

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join(30)
