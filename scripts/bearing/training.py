"""A small network of fully connected layers, trained in plain numpy. Knows nothing of bearings."""

import numpy as np


class Network:
    """Layers with ReLU between them and softmax at the end, over standardised features."""

    def __init__(self, sizes: list[int], seed: int):
        random = np.random.default_rng(seed)
        self.mean = np.zeros(sizes[0], np.float32)
        self.scale = np.ones(sizes[0], np.float32)
        self.weights = [
            (random.standard_normal((n, m)) * np.sqrt(2 / n)).astype(np.float32)
            for n, m in zip(sizes, sizes[1:])
        ]
        self.biases = [np.zeros(m, np.float32) for m in sizes[1:]]

    def standardise_by(self, features: np.ndarray) -> None:
        """Fixes mean and scale of each feature from the training set."""
        self.mean = features.mean(axis=0)
        self.scale = (1 / (features.std(axis=0) + 1e-6)).astype(np.float32)

    def probabilities(self, features: np.ndarray) -> np.ndarray:
        return _softmax(self._forward((features - self.mean) * self.scale)[-1])

    def train(
        self, features: np.ndarray, labels: np.ndarray, *, seed: int, epochs: int, rate: float
    ) -> None:
        """Adam with decoupled weight decay, cosine rate, label smoothing and noise on the input."""
        random = np.random.default_rng(seed)
        inputs = (features - self.mean) * self.scale
        parameters = self.weights + self.biases
        first = [np.zeros_like(p) for p in parameters]
        second = [np.zeros_like(p) for p in parameters]
        classes = self.biases[-1].size
        targets = (0.95 * np.eye(classes) + 0.05 / classes)[labels].astype(np.float32)
        batch, step = 128, 0
        steps = epochs * (len(inputs) // batch)
        for _ in range(epochs):
            order = random.permutation(len(inputs))
            for at in range(0, len(order) - batch + 1, batch):
                rows = order[at : at + batch]
                noise = random.standard_normal((batch, inputs.shape[1]), dtype=np.float32)
                gradients = self._gradients(inputs[rows] + 0.25 * noise, targets[rows])
                step += 1
                now = np.float32(rate * 0.5 * (1 + np.cos(np.pi * step / steps)))
                for p, g, m, v in zip(parameters, gradients, first, second):
                    m += np.float32(0.1) * (g - m)
                    v += np.float32(0.001) * (g * g - v)
                    fast = m / np.float32(1 - 0.9**step)
                    slow = np.sqrt(v / np.float32(1 - 0.999**step)) + np.float32(1e-8)
                    p -= now * (fast / slow + np.float32(0.02) * p)

    def _forward(self, inputs: np.ndarray) -> list[np.ndarray]:
        outputs = [inputs]
        for index, (w, b) in enumerate(zip(self.weights, self.biases)):
            value = outputs[-1] @ w + b
            outputs.append(np.maximum(value, 0) if index + 1 < len(self.weights) else value)
        return outputs

    def _gradients(self, inputs: np.ndarray, targets: np.ndarray) -> list[np.ndarray]:
        outputs = self._forward(inputs)
        error = (_softmax(outputs[-1]) - targets) / np.float32(len(inputs))
        weights, biases = [], []
        for index in reversed(range(len(self.weights))):
            weights.insert(0, outputs[index].T @ error)
            biases.insert(0, error.sum(axis=0))
            if index > 0:
                error = (error @ self.weights[index].T) * (outputs[index] > 0)
        return weights + biases


def _softmax(values: np.ndarray) -> np.ndarray:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)
