"""A neural network from bare linear algebra: the finished code of the course's notebooks.

The same lines run on NumPy and, where an NVIDIA GPU answers, on CuPy: ``xp`` is the one in use.
"""

from importlib import import_module as _import

from .activations import LeakyReLU, ReLU, Sigmoid, Tanh
from .backend import asnumpy, default_array_module, get_array_module
from .data import DataError, load_mnist, make_circles, make_moons, make_spirals, make_xor
from .gradcheck import gradient_check, numerical_gradient, relative_error
from .history import History
from .layers import BatchNorm, Dense, Dropout
from .losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy, l2_penalty, one_hot
from .network import Network, evaluate, mlp
from .optimizers import SGD, Adam, Momentum, RMSprop, cosine, one_cycle, step_decay, warmup
from .support.devices import BackendError, backend_report
from .training import fit

# The rooms around the core: imported when you ask for something in them, since files, figures,
# widgets and checks are not needed to train a network. Room -> what it offers at the top level.
_ROOMS = {
    "support.digits": ["center_digit"],
    "files.checkpoints": [
        "Checkpoint", "CheckpointError", "load", "load_training", "save", "save_training",
    ],
    "files.exchange": ["from_arrays", "from_state_dict", "to_arrays", "to_state_dict"],
    "studies.augment": ["Adversarial", "Distortion", "InTurn", "Noise", "Shifts"],
    "studies.after_step": ["MaxNorm", "WeightAverage"],
    "studies.tuning": ["build_from", "fit_trial", "tune"],
    "studies.ladder": ["best_network"],
    "figures": ["Picture", "plot_history", "plot_tuning", "show_digits", "tuning_importance"],
    "teaching.checks": ["check"],
    "teaching.questions": ["ask"],
    "widgets": [],
}  # fmt: skip
_HOME = {name: room for room, names in _ROOMS.items() for name in names}
_HOME |= {room.rpartition(".")[2]: room for room in _ROOMS}  # nn.tuning, nn.augment, ... themselves


def __getattr__(name):
    # Which library ``xp`` is depends on the machine, and finding out can mean importing CuPy,
    # which takes a second.
    if name == "xp":
        return default_array_module()
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    room = _import(f".{_HOME[name]}", __name__)
    return getattr(room, name) if name in _ROOMS[_HOME[name]] else room


def __dir__():
    return sorted([*globals(), "xp", *_HOME])
