"""The works that are timed. Each is prepared once, and then does its work as often as it is asked.

``python -m benchmarks.works WORK SIDE`` prepares and then, for each line on standard input, does
the work once and prints the seconds it took. So every side lives in a process of its own, and they
can take turns.
"""

import subprocess
import sys
import time

import numpy as np

LR, BATCH, SIZES = 0.1, 32, [784, 100, 10]


def epoch_ours():
    """One epoch of 784-100-10, ReLU, batch 32, SGD: the package as the notebooks use it."""
    import nnhelpers as nn

    data, net = nn.load_mnist(), nn.mlp(SIZES)

    def work():
        nn.fit(net, data.train, optimizer=nn.SGD(LR), batch_size=BATCH, progress=False)

    return work


def epoch_torch():
    """The same in PyTorch: nn.Sequential and torch.optim.SGD, tensors in memory."""
    import torch

    import nnhelpers as nn

    torch.set_num_threads(1)
    data = nn.load_mnist()
    X, y = (torch.from_numpy(array.copy()) for array in data.train)
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10)
    )
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)

    def work():
        order, costs, correct = torch.randperm(len(y)), [], []
        for rows in order.split(BATCH):
            batch, labels = X[rows], y[rows]
            optimizer.zero_grad()
            Z = model(batch)
            cost = torch.nn.functional.cross_entropy(Z, labels)
            cost.backward()
            optimizer.step()
            # what our fit records too: each mini-batch's cost and accuracy
            costs.append(cost.item())
            correct.append((Z.detach().argmax(1) == labels).sum().item())

    return work


def epoch_sklearn():
    """The same in scikit-learn's MLPClassifier, which has no other way than its own."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    import nnhelpers as nn

    warnings.simplefilter("ignore", ConvergenceWarning)  # one epoch is all we ask for
    data = nn.load_mnist()
    model = MLPClassifier(
        (100,), solver="sgd", momentum=0, alpha=0, batch_size=BATCH, learning_rate_init=LR,
        max_iter=1,
    )  # fmt: skip
    return lambda: model.fit(*data.train)


def epoch_products():
    """The matrix products of that epoch alone: what no NumPy network can go below."""
    n_steps, rng = -(-50_000 // BATCH), np.random.default_rng(0)
    X, A, dZ1, dZ2 = (rng.random((BATCH, n), dtype="float32") for n in (784, 100, 100, 10))
    W1, W2 = (rng.random(shape, dtype="float32") for shape in ((784, 100), (100, 10)))
    dW1, dW2 = np.empty_like(W1), np.empty_like(W2)

    def work():
        for _ in range(n_steps):
            X @ W1
            A @ W2
            np.matmul(A.T, dZ2, out=dW2)
            dZ2 @ W2.T
            np.matmul(X.T, dZ1, out=dW1)

    return work


def gradcheck_ours():
    """Gradient check of all 23,860 parameters of 784-30-10 on ten digits, central differences."""
    import nnhelpers as nn

    data, net = nn.load_mnist(), nn.mlp([784, 30, 10])
    X, y = data.train.X[:10], data.train.y[:10]
    return lambda: nn.numerical_gradient(net, X, y)


def gradcheck_loop():
    """The same by the honest loop of notebook 06: two forward passes for each parameter."""
    import nnhelpers as nn

    data, net = nn.load_mnist(), nn.mlp([784, 30, 10]).astype("float64")
    X, y = data.train.X[:10].astype("float64"), data.train.y[:10]

    def work(eps=1e-5):
        gradient = np.empty_like(net.theta)
        for i in range(net.theta.size):
            before = net.theta[i]
            net.theta[i] = before + eps
            up = net.loss(X, y)
            net.theta[i] = before - eps
            gradient[i] = (up - net.loss(X, y)) / (2 * eps)
            net.theta[i] = before

    return work


def load_ours():
    """Loading MNIST from ``data/``: unpacking, checking sums, float32."""
    import nnhelpers as nn

    return nn.load_mnist


def import_ours():
    """``import nnhelpers`` in a new process, Python's own start included."""
    return lambda: subprocess.run([sys.executable, "-c", "import nnhelpers"], check=True)


def import_python():
    """A new Python process that imports nothing."""
    return lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)


def main(work, side):
    do = globals()[f"{work}_{side}"]()
    do()  # once to warm up
    print("ready", flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        do()
        print(time.perf_counter() - began, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
