"""What a GPU's sides do: PyTorch eager, PyTorch in a CUDA graph, this package on CuPy, bare cuBLAS.

All data lives on the device. The device is waited for before the work begins and before it ends.
"""

from benchmarks.sides import (
    torch_cost,
    torch_epochs,
    torch_model,
    torch_optimizer,
    train_floor,
    train_ours,
    train_torch,
)
from benchmarks.works import Skip


def cupy_or_skip():
    """Return CuPy, if it computes here; the message says why it does not."""
    from nnhelpers.support.devices import BackendError, load_backend

    try:
        return load_backend("cupy")
    except BackendError as error:
        raise Skip(str(error)) from error


def cuda_or_skip():
    import torch

    if not torch.cuda.is_available():
        raise Skip("PyTorch finds no GPU")
    return torch


def waiting(do, synchronize):
    """Return ``do`` with the device waited for on both sides."""

    def work():
        synchronize()
        result = do()
        synchronize()
        return result

    return work


def train_cupy(work):
    """This package; the process runs with NNHELPERS_BACKEND=cupy."""
    cupy = cupy_or_skip()
    return waiting(train_ours(work), cupy.cuda.Device().synchronize)


def train_cupy_tf32(work):
    """This package with products in TF32: other digits than all other sides have."""
    from nnhelpers.backend import tf32

    do = train_cupy(work)

    def in_tf32():
        with tf32():
            return do()

    return in_tf32


def train_torch_cuda(work):
    torch = cuda_or_skip()
    return waiting(train_torch(work, device="cuda"), torch.cuda.synchronize)


def train_torch_graph(work):
    """One step captured as a CUDA graph, and replayed: forward, backward, and the update.

    A graph has fixed addresses and shapes: each mini-batch is copied into place, and the last,
    smaller one of an epoch is left to the eager step.
    """
    torch = cuda_or_skip()
    _, model, X, y = torch_model(work, "cuda")
    options = {"capturable": True} if work.optimizer == "Adam" else {}
    optimizer, matrices = torch_optimizer(torch, model, work, **options)
    cost = torch_cost(torch, model)

    def learn(batch, labels):
        optimizer.zero_grad(set_to_none=True)
        Z = model(batch)
        J = cost(Z, labels)
        J.backward()
        with torch.no_grad():
            J = J.detach()
            if work.l2:
                J = J + work.l2 / 2 * sum(torch.linalg.vector_norm(W) ** 2 for W in matrices)
            correct = (Z.argmax(1) == labels).sum()
        optimizer.step()
        return J, correct

    start = [parameter.detach().clone() for parameter in model.parameters()]
    batch, labels = X[: work.batch].clone(), y[: work.batch].clone()
    stream = torch.cuda.Stream()  # a few steps before the capture, off the default stream
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):
            learn(batch, labels)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        J, correct = learn(batch, labels)
    with torch.no_grad():  # back to the beginning, as all sides
        for parameter, value in zip(model.parameters(), start):
            parameter.copy_(value)
        for state in optimizer.state.values():
            for tensor in state.values():
                tensor.zero_()

    def full_batch():
        for _ in range(work.epochs):
            graph.replay()
        return J.item()

    def replay_or_learn(rows):
        if len(rows) < work.batch:
            return learn(X[rows], y[rows])
        torch.index_select(X, 0, rows, out=batch)
        torch.index_select(y, 0, rows, out=labels)
        graph.replay()
        return J.clone(), correct.clone()

    def mini_batches():
        return torch_epochs(torch, work, "cuda", replay_or_learn)

    return waiting(full_batch if work.batch == work.n else mini_batches, torch.cuda.synchronize)


def train_cublas(work):
    """The matrix products of that work alone, by cuBLAS into arrays that are there already."""
    cupy = cupy_or_skip()
    return waiting(train_floor(work, cupy), cupy.cuda.Device().synchronize)
