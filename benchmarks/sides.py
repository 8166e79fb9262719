"""How each side does the works on a CPU: as its own users would write it, all the same mathematics.

Every side starts from the same weights and computes each mini-batch's cost as well as its gradient;
where a work has mini-batches, also how many examples were right, as ``fit`` does for its history.
Libraries are imported by their own side only: two of them in one process fight for the cores.
"""

import functools
import subprocess
import sys
import warnings

import numpy as np

from benchmarks.textbook import Textbook
from benchmarks.works import Skip, problem


def weights_of(net):
    """Return [(W, b), ...], one pair for each layer that has any."""
    return [(layer.params["W"], layer.params["b"]) for layer in net.layers if layer.shapes]


def classes_summed(work, X, predict):
    """Return the work of predicting: the sum of the classes of all examples, batch by batch."""
    starts = range(0, work.n, work.batch)
    return lambda: sum(int(predict(X[i : i + work.batch]).sum()) for i in starts)


# --------------------------------------------------------------------------------- this package


def train_ours(work):
    """As the notebooks do: ``fit`` for mini-batches, the bare loop for the full batch."""
    import nnhelpers as nn

    X, y, net = problem(work)
    optimizer = getattr(nn, work.optimizer)(work.lr)

    def full_batch():
        for _ in range(work.epochs):
            J = net.loss_and_grad(X, y, l2=work.l2)
            optimizer.step(net.theta, net.grad)
        return J

    def mini_batches():
        history = nn.fit(net, (X, y), optimizer=optimizer, epochs=work.epochs,
                         batch_size=work.batch, l2=work.l2, progress=False)  # fmt: skip
        return history.batch_loss[-1]

    return full_batch if work.batch == work.n else mini_batches


def predict_ours(work):
    X, _, net = problem(work)
    return classes_summed(work, X, net.predict)


def gradcheck_ours(work):
    """Gradient check of all parameters by central differences."""
    import nnhelpers as nn

    X, y, net = problem(work)
    return lambda: float(np.linalg.norm(nn.numerical_gradient(net, X, y)))


def gradcheck_loop(work, eps=1e-5):
    """The same by the honest loop of notebook 06: two forward passes for each parameter."""
    X, y, net = problem(work)
    X, net = X.astype("float64"), net.astype("float64")

    def loop():
        gradient = np.empty_like(net.theta)
        for i in range(net.theta.size):
            before = net.theta[i]
            net.theta[i] = before + eps
            up = net.loss(X, y)
            net.theta[i] = before - eps
            gradient[i] = (up - net.loss(X, y)) / (2 * eps)
            net.theta[i] = before
        return float(np.linalg.norm(gradient))

    return loop


def load_ours(work):
    """Loading MNIST from ``data/``: unpacking, checking sums, float32."""
    import nnhelpers as nn

    return lambda: len(nn.load_mnist().train.y)


def import_ours(work):
    """``import nnhelpers`` in a new process, Python's own start included."""
    return lambda: subprocess.run([sys.executable, "-c", "import nnhelpers"], check=True).returncode


def import_python(work):
    """A new Python process that imports nothing."""
    return lambda: subprocess.run([sys.executable, "-c", "pass"], check=True).returncode


# --------------------------------------------------------------------------------- the others


def train_floor(work, xp=np):
    """The matrix products of that work alone: what no network on that library can go below."""
    return products(work, xp, work.epochs * -(-work.n // work.batch), backward=True)


def predict_floor(work):
    return products(work, np, -(-work.n // work.batch), backward=False)


def products(work, xp, n_steps, backward):
    """Return a function that does the products of so many steps, into arrays that are there."""
    rng, sizes = np.random.default_rng(0), work.sizes
    pairs = list(zip(sizes, sizes[1:]))

    def some(shapes):
        return [xp.asarray(rng.random(shape, dtype="float32")) for shape in shapes]

    A, dZ, Z, dA = (some((work.batch, n) for n in sizes) for _ in range(4))
    W, dW = some(pairs), some(pairs)

    def do():
        for _ in range(n_steps):
            for i in range(len(W)):
                xp.matmul(A[i], W[i], out=Z[i + 1])
            for i in reversed(range(len(W) if backward else 0)):
                xp.matmul(A[i].T, dZ[i + 1], out=dW[i])
                if i:
                    xp.matmul(dZ[i + 1], W[i].T, out=dA[i])

    return do


def train_textbook(work):
    X, y, net = problem(work)
    model = Textbook(weights_of(net), work.hidden, work.optimizer, work.lr, work.l2)
    X, Y = X.astype("float64"), net.loss_function.targets(np.empty((1, work.sizes[-1])), y)

    def do():
        for _ in range(work.epochs):
            learned = model.epoch(X, Y, work.batch)
        return float(learned[-1][0])

    return do


def predict_textbook(work):
    X, _, net = problem(work)
    model = Textbook(weights_of(net), work.hidden, work.optimizer, work.lr, work.l2)
    return classes_summed(work, X.astype("float64"), lambda X: np.argmax(model.forward(X), axis=1))


def _sklearn(work):
    """Return (model, X, y): an MLPClassifier with our weights, that goes on where it stands."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)  # we stop it early on purpose
    X, y, net = problem(work)
    model = MLPClassifier(
        work.sizes[1:-1], activation=work.hidden, solver=work.optimizer.lower(), momentum=0,
        alpha=work.l2 * work.batch,  # its penalty is divided by the size of the batch
        batch_size=min(work.batch, work.n), learning_rate_init=work.lr, max_iter=1,
        tol=0, n_iter_no_change=10**9, warm_start=True,
    )  # fmt: skip
    model.fit(X, y)
    for (W, b), own_W, own_b in zip(weights_of(net), model.coefs_, model.intercepts_):
        own_W[...], own_b[...] = W, b
    return model.set_params(max_iter=work.epochs), X, y


def train_sklearn(work):
    """MLPClassifier has no other way than its own; it computes in X's float32."""
    model, X, y = _sklearn(work)
    return lambda: float(model.fit(X, y).loss_curve_[-1])


def predict_sklearn(work):
    model, X, _ = _sklearn(work)
    return classes_summed(work, X, model.predict)


# --------------------------------------------------------------------------------- PyTorch


def torch_model(work, device="cpu"):
    """Return (torch, model, X, y) with our weights, on ``device``."""
    import torch

    if work.threads:
        torch.set_num_threads(work.threads)
    X, y, net = problem(work)
    modules = []
    for W, b in weights_of(net):
        linear = torch.nn.Linear(*W.shape)
        linear.load_state_dict({"weight": torch.tensor(W.T), "bias": torch.tensor(b)})
        modules += [linear, torch.nn.ReLU() if work.hidden == "relu" else torch.nn.Tanh()]
    model = torch.nn.Sequential(*modules[:-1]).to(device)
    X, y = torch.tensor(X).to(device), torch.tensor(y, dtype=torch.int64).to(device)
    return torch, model, X, y


def torch_cost(torch, model):
    """Return the cost of outputs Z for labels, as PyTorch has it for one output or several."""
    if model[-1].out_features > 1:
        return torch.nn.functional.cross_entropy

    def binary(Z, labels):
        labels = labels[:, None].to(Z.dtype)
        return torch.nn.functional.binary_cross_entropy_with_logits(Z, labels)

    return binary


def torch_optimizer(torch, model, work, **options):
    """Return the optimizer; the penalty's derivative is its ``weight_decay``, of matrices only."""
    matrices = [parameter for parameter in model.parameters() if parameter.ndim == 2]
    biases = [parameter for parameter in model.parameters() if parameter.ndim == 1]
    groups = [{"params": matrices, "weight_decay": work.l2}, {"params": biases}]
    return getattr(torch.optim, work.optimizer)(groups, lr=work.lr, **options), matrices


def train_torch(work, compiled=False, device="cpu", **options):
    """As PyTorch's own tutorials do, with all data in memory."""
    torch, model, X, y = torch_model(work, device)
    optimizer, matrices = torch_optimizer(torch, model, work, **options)
    cost = torch_cost(torch, model)

    def forward(batch, labels):
        Z = model(batch)
        return cost(Z, labels), Z

    step = optimizer.step
    if compiled:
        forward, step = compile_or_skip(torch, forward), torch.compile(optimizer.step)

    def learn(batch, labels):
        optimizer.zero_grad()
        J, Z = forward(batch, labels)
        J.backward()
        with torch.no_grad():
            J = J.detach()
            if work.l2:
                J = J + work.l2 / 2 * sum(torch.linalg.vector_norm(W) ** 2 for W in matrices)
        step()
        return J, Z

    def full_batch():
        for _ in range(work.epochs):
            J = learn(X, y)[0].item()
        return J

    def learn_and_count(rows):
        labels = y[rows]
        J, Z = learn(X[rows], labels)
        return J, (Z.detach().argmax(1) == labels).sum()

    if work.batch == work.n:
        return full_batch
    return lambda: torch_epochs(torch, work, device, learn_and_count)


def torch_epochs(torch, work, device, learn):
    """Return the last cost; ``learn`` takes the rows of a mini-batch to (cost, number correct)."""
    for _ in range(work.epochs):
        batches = torch.randperm(work.n, device=device).split(work.batch)
        found = zip(*[learn(rows) for rows in batches])
        costs, _correct = (torch.stack(values).tolist() for values in found)
    return costs[-1]


train_torch_fused = functools.partial(train_torch, fused=True)
train_torch_compile = functools.partial(train_torch, compiled=True)


def predict_torch(work, compiled=False):
    torch, model, X, _ = torch_model(work)

    def predict(batch):
        return model(batch).argmax(1)

    if compiled:
        predict = compile_or_skip(torch, predict)
    return torch.inference_mode()(classes_summed(work, X, predict))


predict_torch_compile = functools.partial(predict_torch, compiled=True)


def compile_or_skip(torch, function):
    """Return ``function`` compiled, or raise Skip: it needs a C++ compiler that it can use."""
    try:
        torch.compile(lambda x: x + 1)(torch.ones(2))
    except Exception as error:  # whatever a missing or broken compiler throws
        why = str(error).strip().splitlines()[0]
        raise Skip(f"torch.compile does not work here: {type(error).__name__}: {why}") from error
    return torch.compile(function)


# --------------------------------------------------------------------------------- JAX


def train_jax(work, scan=False):
    """A jitted step; with ``scan`` all full mini-batches of an epoch are one compiled loop."""
    import jax
    import jax.numpy as jnp

    X, y, net = problem(work)
    X, y = jnp.asarray(X), jnp.asarray(y)
    parameters = [(jnp.asarray(W), jnp.asarray(b)) for W, b in weights_of(net)]
    hidden = jax.nn.relu if work.hidden == "relu" else jnp.tanh

    def cost(parameters, X, y):
        Z = jax_forward(parameters, X, hidden)
        if work.sizes[-1] == 1:
            J = jnp.mean(jax.nn.softplus(Z[:, 0]) - y * Z[:, 0])
        else:
            J = -jnp.mean(jax.nn.log_softmax(Z)[jnp.arange(len(y)), y])
        if work.l2:
            J += work.l2 / 2 * sum((W * W).sum() for W, _ in parameters)
        return J, (Z.argmax(1) == y).sum()

    def learn(X, y, state, rows=None):
        parameters, m, v, t = state
        batch, labels = (X, y) if rows is None else (X[rows], y[rows])
        (J, correct), grad = jax.value_and_grad(cost, has_aux=True)(parameters, batch, labels)
        t = t + 1
        if work.optimizer == "Adam":
            m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
            v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, grad)
            grad = jax.tree.map(
                lambda m, v: m / (1 - 0.9**t) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v
            )
        parameters = jax.tree.map(lambda p, g: p - work.lr * g, parameters, grad)
        return (parameters, m, v, t), (J, correct)

    def learn_all(X, y, state, order):
        length = work.epochs if order is None else len(order)
        return jax.lax.scan(lambda state, rows: learn(X, y, state, rows), state, order, length)

    step, steps = jax.jit(learn, donate_argnums=2), jax.jit(learn_all, donate_argnums=2)
    zeros = jax.tree.map(jnp.zeros_like, parameters) if work.optimizer == "Adam" else ()
    state = (parameters, zeros, jax.tree.map(jnp.copy, zeros), jnp.zeros((), "float32"))
    rng = np.random.default_rng(0)

    def full_batch():
        nonlocal state
        if scan:
            state, (J, _) = steps(X, y, state, None)
            return float(J[-1])
        for _ in range(work.epochs):
            state, (J, _) = step(X, y, state)
            J = float(J)
        return J

    def mini_batches():
        nonlocal state
        for _ in range(work.epochs):
            order, done = rng.permutation(work.n), []
            whole = work.n // work.batch * work.batch
            if scan:
                state, found = steps(X, y, state, order[:whole].reshape(-1, work.batch))
                done.append(found)
            else:
                for start in range(0, whole, work.batch):
                    state, found = step(X, y, state, order[start : start + work.batch])
                    done.append(found)
            if whole < work.n:
                state, found = step(X, y, state, order[whole:])
                done.append(found)
            done = jax.device_get(done)
        return float(np.ravel(done[-1][0])[-1])

    return full_batch if work.batch == work.n else mini_batches


train_jax_scan = functools.partial(train_jax, scan=True)


def jax_forward(parameters, A, hidden):
    for W, b in parameters[:-1]:
        A = hidden(A @ W + b)
    W, b = parameters[-1]
    return A @ W + b


def predict_jax(work):
    import jax
    import jax.numpy as jnp

    X, _, net = problem(work)
    parameters = [(jnp.asarray(W), jnp.asarray(b)) for W, b in weights_of(net)]
    predict = jax.jit(lambda p, batch: jax_forward(p, batch, jax.nn.relu).argmax(1).sum())
    return classes_summed(work, X, lambda batch: predict(parameters, batch))
