"""The network as books write it: float64, one-hot matrices, np.where, new arrays at every step.

Correct and clear, and what most people write first. How much of its time goes into the mathematics,
and how much into the rest, is what the benchmarks show.
"""

import numpy as np


class Textbook:
    """Layers as lists of matrices; an update as a loop over them."""

    def __init__(self, weights, activation, optimizer, lr, l2):
        self.W = [W.astype("float64") for W, _ in weights]
        self.b = [b.astype("float64") for _, b in weights]
        self.activation, self.optimizer, self.lr, self.l2 = activation, optimizer, lr, l2
        self.rng = np.random.default_rng(0)
        self.t, self.m, self.v = 0, [0.0] * 2 * len(self.W), [0.0] * 2 * len(self.W)

    def forward(self, X):
        self.A = [X]
        for W, b in zip(self.W[:-1], self.b[:-1]):
            Z = np.dot(self.A[-1], W) + b
            self.A.append(np.where(Z > 0, Z, 0.0) if self.activation == "relu" else np.tanh(Z))
        Z = np.dot(self.A[-1], self.W[-1]) + self.b[-1]
        if Z.shape[1] == 1:
            return 1 / (1 + np.exp(-Z))
        E = np.exp(Z - np.max(Z, axis=1, keepdims=True))
        return E / np.sum(E, axis=1, keepdims=True)

    def cost(self, P, Y):
        data = -np.sum(Y * np.log(P)) / len(Y)
        if Y.shape[1] == 1:
            data -= np.sum((1 - Y) * np.log(1 - P)) / len(Y)
        return data + self.l2 / 2 * sum(np.sum(W**2) for W in self.W)

    def learn(self, X, Y):
        """One step; return the cost before it and how many examples were right."""
        P = self.forward(X)
        J, correct = self.cost(P, Y), np.sum(np.argmax(P, axis=1) == np.argmax(Y, axis=1))
        dZ, dW, db = (P - Y) / len(Y), [], []
        for i in reversed(range(len(self.W))):
            dW.insert(0, np.dot(self.A[i].T, dZ) + self.l2 * self.W[i])
            db.insert(0, np.sum(dZ, axis=0))
            if i:
                dA, A = np.dot(dZ, self.W[i].T), self.A[i]
                dZ = dA * (np.where(A > 0, 1.0, 0.0) if self.activation == "relu" else 1 - A**2)
        self.update(dW + db)
        return J, correct

    def update(self, gradients):
        self.t += 1
        parameters = self.W + self.b
        for i, g in enumerate(gradients):
            if self.optimizer == "Adam":
                self.m[i] = 0.9 * self.m[i] + 0.1 * g
                self.v[i] = 0.999 * self.v[i] + 0.001 * g**2
                m_hat, v_hat = self.m[i] / (1 - 0.9**self.t), self.v[i] / (1 - 0.999**self.t)
                g = m_hat / (np.sqrt(v_hat) + 1e-8)
            parameters[i] = parameters[i] - self.lr * g
        self.W, self.b = parameters[: len(self.W)], parameters[len(self.W) :]

    def epoch(self, X, Y, batch):
        """Go through all examples in a random order; return costs and numbers of right answers."""
        if batch < len(X):
            order = self.rng.permutation(len(X))
            X, Y = X[order], Y[order]
        return [self.learn(X[i : i + batch], Y[i : i + batch]) for i in range(0, len(X), batch)]
