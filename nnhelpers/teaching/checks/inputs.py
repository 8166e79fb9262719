"""Inputs that several exercises draw."""

import numpy as np


def probabilities(Z):
    """Rows along the last axis that sum to 1."""
    E = np.exp(Z)
    return E / E.sum(axis=-1, keepdims=True)
