"""Which cell made a widget and which ones show it: what is seen no more and held by nobody goes.

ipywidgets keeps every widget alive for as long as the kernel runs, and so does IPython's ``Out``.
Here a cell that is run again lets go of what its last run made: its network, its data, its figure.
What another cell still shows stays, and so does what a variable holds.

The kernel's interrupt (the square button) is heard here too, on behalf of the training threads.
"""

import gc
import re
import signal
import threading
import weakref

import ipywidgets

_places = weakref.WeakKeyDictionary()  # widget -> the cells that made or show it
_touched = weakref.WeakSet()  # what the cell that is running now has made or shown
_trainers = weakref.WeakSet()
_heard = set()  # shells that tell when a cell has run


def note(widget):
    """Note that the cell that is running now made this widget, or shows it."""
    shell = _shell()
    if shell is None:
        return
    _touched.add(widget)
    _places.setdefault(widget, set())
    if id(shell) not in _heard:
        _heard.add(id(shell))
        shell.events.register("pre_run_cell", lambda info: _hear_interrupts())
        shell.events.register("post_run_cell", _cell_has_run)


def interruptible(trainer):
    """Have the kernel's interrupt call ``trainer.interrupt()``; only in IPython."""
    _trainers.add(trainer)
    if _shell() is not None:
        _hear_interrupts()


def _shell():
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    return get_ipython()


def _cell_has_run(result):
    info = result.info
    cell = getattr(info, "cell_id", None) or info.raw_cell
    for widget in list(_touched):
        _places.setdefault(widget, set()).add(cell)
    gone = []
    for widget, places in list(_places.items()):
        if cell in places and widget not in _touched:
            places.discard(cell)
            if not places:
                gone.append(widget)
    _touched.clear()
    widget = None
    if gone:
        _let_go(gone)
    if isinstance(result.error_in_exec, KeyboardInterrupt):
        _interrupt_trainers()
    # While a kernel is idle it ignores interrupts: it puts back what it has saved.
    kernel = getattr(_shell(), "kernel", None)
    saved = getattr(kernel, "saved_sigint_handler", None)
    if saved is not None and len(_trainers) and not isinstance(saved, _Interrupt):
        kernel.saved_sigint_handler = _Interrupt(saved)


# ---------------------------------------------------------------------- letting go


def _let_go(gone):
    """Forget these widgets and their parts; empties the list. What is held elsewhere lives on."""
    shell, family = _shell(), {}
    while gone:
        one = gone.pop()
        if hasattr(one, "unwatched"):
            one.unwatched()  # a training thread holds what it trains
        _collect(one, family)
    for one in family.values():
        _forget_output(shell, one)
    one = None
    registry, parts = ipywidgets.widgets.widget._instances, []
    for model_id in list(family):
        one = family.pop(model_id)
        registry.pop(model_id, None)
        one.comm.on_msg(_weakly(one))
        parts.append((model_id, weakref.ref(one)))
    one = None
    gc.collect()  # a widget and its callbacks refer to each other
    for model_id, ref in parts:
        one = ref()
        if one is not None and one.comm is not None:  # somebody holds it: it stays what it was
            registry[model_id] = one
            one.comm.on_msg(one._handle_msg)


def _collect(widget, family):
    """Add a widget and the widgets it is made of (children, layout, style) to ``family``."""
    if widget.comm is None or widget.model_id in family:
        return
    family[widget.model_id] = widget
    for value in list(widget._trait_values.values()):
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(part, ipywidgets.Widget):
                _collect(part, family)


def _weakly(widget):
    ref = weakref.ref(widget)

    def handle(message):
        alive = ref()
        if alive is not None:
            alive._handle_msg(message)

    return handle


def _forget_output(shell, widget):
    """Take a widget out of ``Out``, ``_``, ``_7`` and their like."""
    hidden, outputs = shell.user_ns_hidden, shell.user_ns.get("_oh", {})
    for number in [number for number, value in outputs.items() if value is widget]:
        del outputs[number]
    for name in [name for name in shell.user_ns if re.fullmatch(r"_+\d*", name)]:
        if shell.user_ns[name] is widget:
            if name.strip("_"):
                del shell.user_ns[name]
            else:
                shell.user_ns[name] = ""
    for name in [name for name, value in hidden.items() if value is widget]:
        hidden[name] = ""
    for name in ("_", "__", "___"):
        if getattr(shell.displayhook, name, None) is widget:
            setattr(shell.displayhook, name, "")


# ---------------------------------------------------------------------- the square button


class _Interrupt:
    """A handler of SIGINT: training threads stop, then happens what happened without it."""

    def __init__(self, before):
        self.before = before

    def __call__(self, number, frame):
        _interrupt_trainers()
        if callable(self.before):
            self.before(number, frame)


def _hear_interrupts():
    """Put our handler before the one that is there; ``post_run_cell`` does it for idle kernels."""
    if threading.current_thread() is not threading.main_thread() or not len(_trainers):
        return
    before = signal.getsignal(signal.SIGINT)
    if before is not None and not isinstance(before, _Interrupt):
        signal.signal(signal.SIGINT, _Interrupt(before))


def _interrupt_trainers():
    for trainer in list(_trainers):
        trainer.interrupt()
