"""A neural network from bare linear algebra: the finished code of the course's notebooks.

The same lines run on NumPy and, where an NVIDIA GPU answers, on CuPy: ``xp`` is the one in use.
"""

from .activations import LeakyReLU, ReLU, Sigmoid, Tanh
from .backend import (
    BackendError,
    asnumpy,
    backend_report,
    default_array_module,
    get_array_module,
)
from .data import DataError, load_mnist, make_moons, make_spirals
from .gradcheck import gradient_check, numerical_gradient, relative_error
from .layers import Dense
from .losses import MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy, l2_penalty, one_hot
from .network import Network, evaluate, mlp
from .optimizers import SGD, cosine, step_decay, warmup
from .training import History, fit


def __getattr__(name):
    # Which library ``xp`` is depends on the machine, and finding out can mean importing CuPy,
    # which takes a second: so it happens when somebody asks.
    if name == "xp":
        return default_array_module()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
