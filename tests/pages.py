"""What the browser does with a live widget, as far as Python sees it."""

import time

import numpy as np


class Page:
    """A page that shows a widget, and notes what it is sent.

    ``acks``: whether it draws at once what is published, and says so; else only in ``ack(kind)``.
    """

    def __init__(self, widget, name="page", acks=True):
        self.widget, self.name, self.acks, self.sent, self.n = widget, name, acks, [], 0
        widget.send = self.take
        self.say("hello")

    def take(self, message, buffers=()):
        self.sent.append((message, buffers))
        if self.acks and message["kind"] == "publish":
            self.say("ack", what=message["what"], id=message["id"])

    def say(self, kind, content=None, buffers=(), **more):
        """Send a message; return the reply: its content, with "error" if there was one."""
        self.n += 1
        message = {"kind": kind, "page": self.name, "id": f"{self.name}:{self.n}",
                   "content": content or {}, **more}  # fmt: skip
        self.widget._receive(self.widget, message, list(buffers))
        replies = [sent for sent, _ in self.sent
                   if sent["kind"] == "reply" and sent["id"] == message["id"]]  # fmt: skip
        if replies and "error" in replies[-1]:
            return {"error": replies[-1]["error"]}
        return replies[-1]["content"] if replies else None

    def set(self, name, value):
        return self.say("control", {"name": name, "value": value})

    def press(self, name):
        return self.say("button", {"name": name})

    def published(self, kind):
        """Contents of all that was published of a kind."""
        return [sent["content"] for sent, _ in self.sent if sent.get("what") == kind]

    def last(self, kind):
        return self.published(kind)[-1]

    def buffers(self, kind):
        return [buffers for sent, buffers in self.sent if sent.get("what") == kind][-1]

    def arrays(self, kind, dtype="float32"):
        return [np.frombuffer(buffer, dtype) for buffer in self.buffers(kind)]

    def ack(self, kind, number=-1):
        ids = [sent["id"] for sent, _ in self.sent if sent.get("what") == kind]
        self.say("ack", what=kind, id=ids[number])


def wait_for(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.005)
