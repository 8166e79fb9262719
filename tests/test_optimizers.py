"""Gradient descent and its schedules."""

import math

import numpy as np
import pytest

import nnhelpers as nn


def test_sgd_is_the_formula(xp):
    theta, grad = xp.asarray([1.0, 2.0]), xp.asarray([10.0, -10.0])
    optimizer = nn.SGD(0.1)
    optimizer.step(theta, grad)
    assert nn.asnumpy(theta).tolist() == [0, 3]
    optimizer.step(theta, grad, scale=0.5)
    assert nn.asnumpy(theta).tolist() == [-0.5, 3.5]
    assert optimizer.t == 2 and nn.asnumpy(grad).tolist() == [10, -10]


@pytest.mark.parametrize("lr", [0, -0.1, math.nan, math.inf])
def test_impossible_learning_rates(lr):
    with pytest.raises(ValueError, match="learning rate above 0, got"):
        nn.SGD(lr)


def test_theta_and_grad_must_fit():
    with pytest.raises(ValueError, match=r"one shape, got \(2,\) and \(3,\)"):
        nn.SGD(0.1).step(np.zeros(2), np.zeros(3))


def test_step_decay():
    schedule = nn.step_decay(factor=0.1, at=(0.5, 0.75))
    assert [schedule(t) for t in (0, 0.49, 0.5, 0.75)] == pytest.approx([1, 1, 0.1, 0.01])


def test_cosine():
    schedule = nn.cosine(final=0.2)
    assert [schedule(t) for t in (0, 0.5, 1)] == pytest.approx([1, 0.6, 0.2])


def test_warmup():
    assert [nn.warmup(0.1)(t) for t in (0, 0.05, 0.1, 1)] == pytest.approx([0, 0.5, 1, 1])
    then = nn.warmup(0.1, then=nn.cosine())
    assert [then(t) for t in (0.05, 0.1, 0.55, 1)] == pytest.approx([0.5, 1, 0.5, 0])
    for share in (0, 1, 2):
        with pytest.raises(ValueError, match="share between 0 and 1"):
            nn.warmup(share)
