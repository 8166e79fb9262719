"""Each activation: its values, its derivative, and numbers that overflow a careless formula."""

import numpy as np
import pytest

import nnhelpers as nn
from nnhelpers.activations import ACTIVATIONS, activation

FORMULAS = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "tanh": np.tanh,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_values(name, xp, rng):
    Z = rng.normal(size=(4, 3))
    assert np.allclose(
        nn.asnumpy(activation(name).forward(xp.asarray(Z))), FORMULAS[name](Z), atol=1e-15
    )


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_against_central_differences(name, xp, rng):
    Z, dA, eps = rng.normal(size=(40, 3)), rng.normal(size=(40, 3)), 1e-6
    layer = activation(name)
    layer.forward(xp.asarray(Z))
    dZ = nn.asnumpy(layer.backward(xp.asarray(dA)))
    numerical = dA * (FORMULAS[name](Z + eps) - FORMULAS[name](Z - eps)) / (2 * eps)
    assert np.allclose(dZ, numerical, atol=1e-8)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_types_are_kept(name, dtype, xp):
    layer = activation(name)
    A = layer.forward(xp.asarray([[1.0, -2.0]], dtype=dtype))
    assert A.dtype == dtype
    assert layer.backward(A).dtype == dtype


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_inputs_are_left_alone(name, rng):
    Z = rng.normal(size=(4, 3))
    before, layer = Z.copy(), activation(name)
    A = layer.forward(Z)
    kept = A.copy()
    dA = np.ones_like(A)
    layer.backward(dA)
    assert np.array_equal(Z, before) and np.array_equal(A, kept) and (dA == 1).all()


@pytest.mark.filterwarnings("error")
def test_large_numbers_do_not_overflow():
    Z = np.array([[-1e4, -50.0, 0.0, 50.0, 1e4]], dtype="float32")
    assert np.allclose(nn.Sigmoid().forward(Z), [[0, 0, 0.5, 1, 1]])
    assert np.allclose(nn.Tanh().forward(Z), [[-1, -1, 0, 1, 1]])


def test_the_corner_belongs_to_the_left_side():
    zero, one = np.zeros((1, 1)), np.ones((1, 1))
    for layer, slope in ((nn.ReLU(), 0.0), (nn.LeakyReLU(0.2), 0.2)):
        layer.forward(zero)
        assert layer.backward(one).item() == slope


def test_leaky_slope():
    assert nn.LeakyReLU(0.3).forward(np.array([[-2.0]])).item() == pytest.approx(-0.6)
    assert repr(nn.LeakyReLU()) == "LeakyReLU(0.01)"
    for slope in (0, 1, -0.5, 2):
        with pytest.raises(ValueError, match="slope between 0 and 1"):
            nn.LeakyReLU(slope)


def test_unknown_name_lists_the_known():
    with pytest.raises(ValueError, match="unknown activation 'rellu'.*'relu'"):
        activation("rellu")
