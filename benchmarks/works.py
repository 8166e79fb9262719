"""The works that are timed: what each is, and which sides do it."""

from dataclasses import dataclass, replace

CPU = ["torch", "torch_fused", "torch_compile", "jax", "jax_scan", "sklearn", "textbook", "ours"]


class Skip(Exception):
    """This side cannot do this work on this machine; the message says why."""


@dataclass(frozen=True)
class Work:
    """What is done, and by whom. All sides read their numbers from here.

    ``kind`` is the first half of a function's name in ``sides.py``, the side the second. The sides'
    times are compared with those of the first. ``batch == n`` stands for the full batch, which
    nobody shuffles.
    """

    title: str
    kind: str
    sides: tuple
    rounds: int = 7
    threads: int | None = None  # None: as many as there are cores
    sizes: tuple = (784, 100, 10)
    hidden: str = "relu"
    n: int = 50_000
    batch: int = 32
    epochs: int = 1
    optimizer: str = "SGD"
    lr: float = 0.1
    l2: float = 0.0
    accuracy: float = 0.0  # to be reached, for kind "reach"
    one_example: bool = False  # all examples are the same one: their order does not matter


WORKS = {
    "epoch": Work(
        "One epoch of 784-100-10, ReLU, batch 32, SGD, one thread",
        "train", (*CPU, "floor"), threads=1,
    ),
    "adam": Work(
        "One epoch of 784-512-256-10, ReLU, batch 128, Adam, all cores",
        "train", (*CPU, "floor"), sizes=(784, 512, 256, 10), batch=128, optimizer="Adam", lr=1e-3,
    ),
    "step": Work(
        "One step of 784-7600-2000-10, ReLU, batch 256, SGD with L2, all cores",
        "train", ("torch", "torch_fused", "torch_compile", "jax", "sklearn", "textbook", "ours",
                  "floor"),
        rounds=11, sizes=(784, 7600, 2000, 10), n=256, batch=256, lr=0.04, l2=1e-5,
    ),
    "points": Work(
        "2,000 steps of 2-16-16-1, tanh, full batch of 500 points, SGD, one thread",
        "train", (*CPU, "floor"), threads=1, sizes=(2, 16, 16, 1), hidden="tanh", n=500, batch=500,
        epochs=2000,
    ),
    "gradcheck": Work(
        "Numerical gradient of all 23,860 parameters of 784-30-10, ten digits, float64, one thread",
        "gradcheck", ("loop", "ours"), rounds=3, threads=1, sizes=(784, 30, 10), n=10,
    ),
    "reach98": Work(
        "From the start of Python to a network with 98% test accuracy, all cores",
        "reach", ("torch", "sklearn", "ours"), rounds=5, accuracy=0.98,
    ),
    "reach985": Work(
        "From the start of Python to a network with 98.5% test accuracy, all cores",
        "reach", ("torch", "ours"), rounds=5, accuracy=0.985,
    ),
    "predict_one": Work(
        "The class of one image, 784-512-256-10, 1,000 times, one thread",
        "predict", ("torch", "torch_compile", "jax", "sklearn", "textbook", "ours", "floor"),
        threads=1, sizes=(784, 512, 256, 10), n=1000, batch=1,
    ),
    "predict_all": Work(
        "The classes of 10,000 images, 784-512-256-10, all cores",
        "predict", ("torch", "torch_compile", "jax", "sklearn", "textbook", "ours", "floor"),
        sizes=(784, 512, 256, 10), n=10_000, batch=10_000,
    ),
    "load": Work("Loading MNIST", "load", ("ours",), threads=1),
    "import": Work("import nnhelpers, in a new process", "import", ("python", "ours"), threads=1),
}  # fmt: skip

GPU = ("torch_cuda", "torch_graph", "cupy", "cublas")
ON_A_GPU = {
    "gpu_epoch": replace(
        WORKS["epoch"], title="One epoch of 784-100-10, ReLU, batch 32, SGD", sides=GPU
    ),
    "gpu_adam": replace(
        WORKS["adam"], title="One epoch of 784-512-256-10, ReLU, batch 128, Adam", sides=GPU
    ),
    "gpu_wide": replace(
        WORKS["step"], title="One epoch of 784-7600-2000-10, ReLU, batch 256, SGD with L2",
        sides=(*GPU, "cupy_tf32"), n=50_000,
    ),
}  # fmt: skip


def problem(work):
    """Return (X, y, net): the examples, and the network whose weights every side starts with."""
    import nnhelpers as nn

    if work.sizes[0] == 2:
        X, y = nn.make_spirals(work.n, 2, seed=0)
        X = X.astype("float32")
    else:
        X, y = (array[: work.n] for array in nn.load_mnist().train)
    if work.one_example:
        X, y = X[[0] * work.n], y[[0] * work.n]
    return X, y, nn.mlp(work.sizes, activation=work.hidden, seed=0)
