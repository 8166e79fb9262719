"""A neural network from bare linear algebra: the finished code of the course's notebooks.

The same lines run on NumPy and, where an NVIDIA GPU answers, on CuPy: ``xp`` is the one in use.
"""

import importlib

from .activations import LeakyReLU, ReLU, Sigmoid, Tanh
from .augment import Adversarial, Distortion, InTurn, Noise, Shifts
from .backend import (
    BackendError,
    asnumpy,
    backend_report,
    default_array_module,
    get_array_module,
)
from .checkpoints import Checkpoint, CheckpointError, load, load_training, save, save_training
from .data import (
    DataError,
    center_digit,
    load_mnist,
    make_circles,
    make_moons,
    make_spirals,
    make_xor,
)
from .exchange import from_arrays, from_state_dict, to_arrays, to_state_dict
from .gradcheck import gradient_check, numerical_gradient, relative_error
from .history import History
from .layers import BatchNorm, Dense, Dropout
from .losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy, l2_penalty, one_hot
from .network import Network, evaluate, mlp
from .optimizers import SGD, Adam, Momentum, RMSprop, cosine, one_cycle, step_decay, warmup
from .training import fit
from .weights import MaxNorm, WeightAverage

# Imported when somebody asks: figures, widgets and checks are not needed to train a network.
_ON_DEMAND = {
    "plotting": None,
    "widgets": None,
    "checks": None,
    "Picture": "plotting",
    "plot_history": "plotting",
    "show_digits": "plotting",
    "check": "checks",
    "questions": None,
    "ask": "questions",
    "tuning": None,
    "tune": "tuning",
    "fit_trial": "tuning",
    "build_from": "tuning",
    "plot_tuning": "plotting",
    "tuning_importance": "plotting",
    "record": None,
    "best_network": "record",
}


def __getattr__(name):
    # Which library ``xp`` is depends on the machine, and finding out can mean importing CuPy,
    # which takes a second.
    if name == "xp":
        return default_array_module()
    if name in _ON_DEMAND:
        module = importlib.import_module(f".{_ON_DEMAND[name] or name}", __name__)
        return getattr(module, name) if _ON_DEMAND[name] else module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted([*globals(), "xp", *_ON_DEMAND])
