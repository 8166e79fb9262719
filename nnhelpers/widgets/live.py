"""Live widgets: a Python half and a JavaScript half that talk, and a figure where no kernel runs.

The Python half is a subclass of :class:`LiveWidget`; the JavaScript half is a module in the folder
``js``, which imports what it needs of the others there. Nothing of what they say to each other is
kept in the notebook: a saved notebook holds one line of text and one figure.
"""

import functools
import json
import re
import threading
import time
from pathlib import Path

import anywidget
import numpy as np
import traitlets

from ..backend import Array, asnumpy, get_array_module
from . import cells
from .controls import Button
from .still import Still, new_figure, png_of

FOLDER = Path(__file__).resolve().parent / "js"

# Seconds after which a picture that no page has confirmed is given up, and the next one is sent.
PATIENCE = 2.0


class LiveWidget(Still, anywidget.AnyWidget):
    """A widget whose two halves talk by messages; the last expression of a cell shows it.

    In JupyterLab it is alive. In a saved notebook, on a code-hosting page or on paper, the same
    output shows the figure that ``draw`` drew, and its text.

    A subclass names its JavaScript file in ``script`` and overrides what it needs of ``draw``,
    ``changed``, ``pressed``, ``unwatched``, ``closing``, and ``receive_KIND`` for messages of its
    own. All but ``draw`` are called one at a time (under ``self.lock``), perhaps on another thread
    than the cells'; what they raise is shown in the widget.

    Parameters
    ----------
    name : str
        A few words, the title above the widget.
    alt : str
        What the figure shows, for those who cannot see it; no number that differs from machine to
        machine, since it is compared when the notebooks are tested.
    controls : list of Control
    size : (float, float), default (8, 3.5)
        Of the static figure, in inches at 100 dots an inch.

    Attributes
    ----------
    values : dict
        What the controls say now.
    lock : threading.RLock
        Held while ``changed`` and its like run. Threads that ``unwatched`` or ``closing`` wait for
        must not take it; ``publish`` does not.
    """

    script = None
    setup = traitlets.Dict().tag(sync=True)

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "script" in vars(cls):  # and not in the classes that traitlets derives at run time
            cls._esm = module_of(cls.script)
            cls._css = (FOLDER / "widgets.css").read_text(encoding="utf-8")

    def __init__(self, name, alt, controls=(), size=(8, 3.5)):
        if self.script is None:
            raise TypeError(f"{type(self).__name__} expected script = 'name.js', got none")
        self.name, self.alt, self.size = name, " ".join(alt.split()), size
        self.controls = {control.name: control for control in controls}
        self.values = {c.name: c.value for c in controls if not isinstance(c, Button)}
        self.lock = threading.RLock()
        self.error, self._disabled = None, set()
        self._sending = threading.RLock()
        self._channels, self._pages, self._sent = {}, {}, 0
        super().__init__(
            setup={"title": name, "alt": self.alt, "controls": [c.describe() for c in controls]}
        )
        self.on_msg(self._receive)
        # ipykernel prefers to answer on the thread from which the widget last sent something. That
        # is the cells' own thread for a widget made in a cell, and there a click would wait for a
        # cell's end. JupyterLab names another thread, which is free: take that one.
        if hasattr(self.comm, "_reply_subshell_for"):
            self.comm._reply_subshell_for = lambda data, default: default
        cells.note(self)

    # ------------------------------------------------------------------ what a subclass overrides

    def draw(self, figure):
        """Draw what a notebook shows without a kernel: ``figure`` is Matplotlib's, empty."""
        raise NotImplementedError

    def changed(self, name, value):
        """Called after the control ``name`` was set to ``value``; ``values`` has it already."""

    def pressed(self, name):
        """Called after the button ``name`` was pressed; calls the method of that name."""
        getattr(self, name)()

    def unwatched(self):
        """Called when the last page that showed the widget is gone: stop what costs time."""

    def closing(self):
        """Called before the widget is closed for good: end threads."""

    # ------------------------------------------------------------------ what a subclass calls

    @property
    def watched(self):
        """Whether some page shows the widget."""
        return bool(self._pages)

    def publish(self, kind, content=None, buffers=()):
        """Send the newest state of ``kind`` to the pages; from any thread. The newest wins.

        While a page still draws an older one, only the newest is kept; it goes out as soon as the
        page has drawn. A page that opens later is sent the newest of each kind, so that ``content``
        must say all there is to know, not only what has changed.

        Parameters
        ----------
        kind : str
            ``live.on(kind, ...)`` gets it in JavaScript.
        content : dict, optional
            Plain JSON.
        buffers : list of bytes or C-contiguous arrays
            Numbers in bulk; copied here.
        """
        with self._sending:
            channel = self._channels.setdefault(kind, _Channel())
            channel.newest = (content or {}, [bytes(memoryview(b).cast("B")) for b in buffers])
            channel.held = True
            if self._pages and channel.is_free():
                self._send_newest(kind, channel)

    def is_free(self, kind):
        """Whether a ``publish`` of this kind would go out now: is it worth computing?"""
        with self._sending:
            channel = self._channels.get(kind)
            return bool(self._pages) and (channel is None or channel.is_free())

    def say(self, text, tone="info"):
        """Show a sentence under the widget, until the next one; ``tone`` is "info" or "error"."""
        self.error = text if tone == "error" else None
        self.publish("message", {"text": text, "tone": tone})

    def set_value(self, name, value):
        """Set the control ``name``, as if a hand had done it, on all pages.

        Raises
        ------
        ValueError
            If there is no such control, or it cannot have that value.
        """
        with self.lock:
            if not isinstance(name, str) or name not in self.values:
                known = ", ".join(self.values)
                raise ValueError(f"expected the name of a control ({known}), got {name!r}")
            value, before = self.controls[name].check(value), self.values[name]
            self.values[name] = value
            try:
                self.changed(name, value)
            except Exception:
                self.values[name] = before  # what could not be done is not what the values say
                raise
            self._show_values()

    def disable(self, names):
        """Grey out the controls that would do nothing now: these, and no others."""
        self._disabled = set(names)
        self._show_values()

    def close(self):
        """End the widget: its threads stop, its pages go empty."""
        if self.comm is not None:
            self.closing()
        super().close()

    @functools.cached_property
    def png(self):
        """The static figure: the bytes of a PNG file, drawn when first asked for."""
        return png_of(new_figure(self.size), self.draw, dpi=100)

    # ------------------------------------------------------------------ messages

    def _show_values(self):
        content = {"values": dict(self.values), "disabled": sorted(self._disabled)}
        self.publish("values", content)

    def _send_newest(self, kind, channel):
        """Send what the channel holds; the caller has the lock ``_sending``."""
        self._sent += 1
        channel.held, channel.waiting, channel.when = False, self._sent, time.monotonic()
        content, buffers = channel.newest
        self.send({"kind": "publish", "what": kind, "id": self._sent, "content": content}, buffers)

    def _receive(self, widget, message, buffers):
        """Take one message from a page: the one place where all of them arrive."""
        try:
            kind, page, content = _parts(message)
        except ValueError as error:  # no page of ours says such a thing: what they show stays
            if isinstance(message, dict) and message.get("id") is not None:
                self.send({"kind": "reply", "id": message["id"], "content": {},
                           "error": in_words(error)})  # fmt: skip
            return
        if kind not in ("hello", "gone"):
            self._page_is_there(page)
        if kind == "ack":
            self._page_has_drawn(message)
            return
        reply = {"kind": "reply", "id": message.get("id"), "content": {}}
        try:
            with self.lock:
                answer = self._handle(kind, content, buffers or [], page)
                reply["content"] = answer or {}
        except Exception as error:  # a callback's error must be seen where the hand is
            reply["error"] = in_words(error)
            self.say(reply["error"], "error")
        else:
            if self.error and kind in ("control", "button"):
                self.say("")  # the next thing went well
        if reply["id"] is not None:
            self.send(reply)

    def _handle(self, kind, content, buffers, page):
        if kind == "hello":
            return self._page_opens(page)
        if kind == "gone":
            return self._page_closes(page)
        if kind == "control":
            name = content.get("name")
            self.set_value(name, content.get("value"))
            return {"value": self.values[name]}
        if kind == "button":
            name = content.get("name")
            if not isinstance(name, str) or not isinstance(self.controls.get(name), Button):
                raise ValueError(f"expected the name of a button, got {name!r}")
            return self.pressed(name)
        handler = getattr(self, f"receive_{kind}", None)
        if handler is None:
            raise ValueError(f"{type(self).__name__} knows no message of kind {kind!r}")
        return handler(content, buffers)

    def _page_is_there(self, page):
        """Note that a page was heard of; if it had been given up, send it what it has missed."""
        with self._sending:
            if page in self._pages:
                self._pages[page] = time.monotonic()
            else:
                self._page_opens(page)

    def _page_has_drawn(self, message):
        with self._sending:
            channel = self._channels.get(message.get("what"))
            if channel is None or channel.waiting != message.get("id"):
                return
            channel.waiting = None
            if channel.held:
                self._send_newest(message["what"], channel)

    def _page_opens(self, page):
        with self._sending:
            self._pages[page] = time.monotonic()
            for kind, channel in self._channels.items():
                self._send_newest(kind, channel)

    def _page_closes(self, page):
        with self._sending:
            self._pages.pop(page, None)
            # A page that was reloaded says nothing when it goes; nothing was heard of it since.
            last = max((c.when for c in self._channels.values()), default=0.0)
            for silent in [p for p, seen in self._pages.items() if seen < last - 10]:
                del self._pages[silent]
        if not self._pages:
            self.unwatched()


class _Channel:
    """The newest state of one kind, and whether a page is still busy with an older one."""

    def __init__(self):
        self.newest, self.held, self.waiting, self.when = None, False, None, 0.0

    def is_free(self):
        return self.waiting is None or time.monotonic() - self.when > PATIENCE


def in_words(error):
    """Return an exception as a sentence: our own messages as they are, others with their type."""
    text = str(error)
    if isinstance(error, (ValueError, TypeError)) and " " in text:
        return text
    return f"{type(error).__name__}: {text}"


def _parts(message):
    """Return kind, page and content of a message, or raise ValueError for what is none."""
    if not isinstance(message, dict):
        raise ValueError(f"expected a message as a dict, got {type(message).__name__}")
    kind, page, content = message.get("kind"), message.get("page"), message.get("content")
    content = {} if content is None else content
    texts = [kind, page, message.get("what")]
    if not isinstance(kind, str) or any(not isinstance(text, (str, type(None))) for text in texts):
        raise ValueError(f"expected text as kind, page and what of a message, got {texts!r:.200}")
    if not isinstance(content, dict):
        raise ValueError(f"expected a message's content as a dict, got {type(content).__name__}")
    return kind, page, content


def number_in(content, key, whole=False):
    """Return the number that a message says, or raise ValueError if it says something else."""
    value, kinds = content.get(key), int if whole else (int, float)
    if isinstance(value, float) and whole and value.is_integer():
        value = int(value)  # JavaScript has one kind of number
    fits = isinstance(value, kinds) and not isinstance(value, bool) and abs(value) < 1e15
    if not fits:  # nor does NaN
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"{key}: expected {kind}, got {repr(value):.80}")
    return value


def as_array(given: Array) -> Array:
    """Return a list, a frame, a tensor as a NumPy array; an array on a GPU stays there."""
    return given if get_array_module(given) is not np else asnumpy(given)


def as_pair(data, parts, function):
    """Return ``data``, or the first of its ``parts``, as two arrays; else raise ValueError."""
    pair = getattr(data, parts[0], data)
    try:
        if hasattr(pair, "columns") or isinstance(pair, (dict, str)):
            raise TypeError("its elements are names")
        X, y = pair
    except (TypeError, ValueError):
        names = " and ".join(f".{part}" for part in parts)
        raise ValueError(
            f"{function} expected data as a pair (X, y) or with {names}, such as nn.load_mnist(), "
            f"got {type(data).__name__}"
        ) from None
    return as_array(X), as_array(y)


def module_of(script):
    """Return one JavaScript text for anywidget: ``script`` with all that it may import."""
    modules, wanted = {}, [script]
    for name in wanted:
        modules[name] = (FOLDER / name).read_text(encoding="utf-8")
        wanted += sorted(set(re.findall(r' from "\./(.+?)"', modules[name])) - {*wanted})
    loader = (FOLDER / "loader.js").read_text(encoding="utf-8")
    return f"const MODULES = {json.dumps(modules)};\nconst ENTRY = {script!r};\n{loader}"
