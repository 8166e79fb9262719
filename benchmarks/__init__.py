"""The same work side by side: this package, PyTorch, scikit-learn and the bare matrix products."""
