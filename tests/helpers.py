"""Networks and examples that many tests begin with."""

import numpy as np

from nnhelpers import get_array_module


def shaken(net, seed=1, scale=0.5):
    """Give ``net`` parameters that are nowhere zero, biases included, so that no error hides."""
    values = np.random.default_rng(seed).normal(scale=scale, size=net.theta.size)
    net.theta[...] = get_array_module(net.theta).asarray(values, dtype=net.theta.dtype)
    return net


def examples(n=7, n_in=5, n_classes=3, seed=2):
    """Random examples and labels in which each class occurs."""
    generator = np.random.default_rng(seed)
    return generator.normal(size=(n, n_in)), np.arange(n) % n_classes
