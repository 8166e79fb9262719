"""The playground's presets: settings that make one thing visible, and a sentence on what to watch.

What each sentence claims is tested (``tests/test_playground.py``).
"""

from dataclasses import dataclass

# The settings, unless a preset has others.
USUAL = {
    "set": "moons", "noise": 0.2, "n": 300, "test": 0.3, "data_seed": 0,
    "inputs": "x1, x2", "hidden": "8, 8", "activation": "tanh", "init": "rule", "scale": 1.0,
    "batch_norm": False, "seed": 0,
    "optimizer": "Adam", "beta1": 0.9, "beta2": 0.999, "lr": 0.01, "batch_size": 0, "l2": 0.0,
    "dropout": 0.0,
}  # fmt: skip


@dataclass(frozen=True)
class Preset:
    """Settings, and what to watch.

    Parameters
    ----------
    name : str
        What the menu shows, and what ``playground(name)`` takes.
    notebook : str
        Two digits: where the matter is derived.
    watch : str
        What will happen, and what to change then.
    settings : dict
        What differs from ``USUAL``.
    """

    name: str
    notebook: str
    watch: str
    settings: dict

    @property
    def values(self):
        """The value of every setting."""
        return {**USUAL, **self.settings}


PRESETS = [
    Preset(
        "first steps", "01",
        "Two hidden layers learn to part two moons in a second. Point at the small maps: each "
        "neuron of the first layer knows one straight border; what comes later bends them.",
        {},
    ),
    Preset(
        "one line is not enough", "01",
        "Without a hidden layer the border is straight, and about half of the points stay wrong. "
        "Give it one hidden neuron (type 1 at hidden layers), then 2, 3, 4: how many lines "
        "close a ring?",
        {"set": "circles", "noise": 0.1, "hidden": ""},
    ),
    Preset(
        "a product as input", "01",
        "The same single neuron, but one of its inputs is x₁x₂: now XOR is one comparison with "
        "zero. Set the inputs back to x₁, x₂ and see what is left of it.",
        {"set": "xor", "noise": 0.0, "hidden": "", "inputs": "x1, x2, x1x2"},
    ),
    Preset(
        "sigmoid gives up", "03",
        "Six layers of sigmoid: after 2,000 steps the cost is still 0.69, the cost of guessing, "
        "and the first layers' maps have hardly moved. Choose tanh: it learns at once.",
        {"activation": "sigmoid", "hidden": "8, 8, 8, 8, 8, 8", "optimizer": "SGD", "lr": 0.5},
    ),
    Preset(
        "all weights zero", "03",
        "Every neuron of a layer computes the same, so every gradient is the same: nothing ever "
        "happens. Choose another rule for the first weights, with the tiniest scale: the tie is "
        "broken.",
        {"init": "zero"},
    ),
    Preset(
        "too high a learning rate", "04",
        "One step throws the network over the valley: the cost jumps above that of guessing, and "
        "the small maps go blank, for ReLUs below zero everywhere learn nothing more. Set the "
        "rate to 0.3, then Reset and Train.",
        {"activation": "relu", "optimizer": "SGD", "lr": 10.0},
    ),
    Preset(
        "small batches are noisy", "04",
        "Four examples a step: the cost of the mini-batches trembles to the end, though the "
        "border settles. Choose batch size 32, then all: the trembling goes, and each step costs "
        "more.",
        {"optimizer": "SGD", "lr": 0.3, "batch_size": 4},
    ),
    Preset(
        "overfit and rescue", "05",
        "1,200 weights, 60 noisy points to learn from: the training cost falls to 0 while the "
        "test cost climbs. After 1,000 steps set λ to 0.01, without a pause: the curve of the "
        "test cost comes down.",
        {"noise": 0.4, "n": 120, "test": 0.5, "hidden": "32, 32", "activation": "relu"},
    ),
    Preset(
        "λ smooths", "05",
        "The same 60 points, with a penalty from the start: thin lines, a border that any hand "
        "would draw. Lower λ step by step to 0 while it trains, and see the islands come.",
        {"noise": 0.4, "n": 120, "test": 0.5, "hidden": "32, 32", "activation": "relu",
         "l2": 0.01},
    ),
    Preset(
        "dropout", "07",
        "The same 60 points, and each step leaves out half of the neurons: the training curve "
        "trembles, and the test cost stays far below that of “overfit and rescue”. Set dropout to "
        "0 while it trains.",
        {"noise": 0.4, "n": 120, "test": 0.5, "hidden": "32, 32", "activation": "relu",
         "dropout": 0.5},
    ),
    Preset(
        "four optimizers", "08",
        "Gradient descent with rate 0.01: after 1,000 steps the spirals are not parted. Choose "
        "Momentum, RMSprop, Adam in turn, with the same rate: which ones are done by then?",
        {"set": "spirals", "noise": 0.1, "hidden": "16, 16", "optimizer": "SGD", "beta2": 0.9},
    ),
    Preset(
        "batch norm rescues a high rate", "09",
        "Four layers, rate 3: the cost sticks at 0.69 and the maps go blank. Tick batch norm and "
        "Train again: the same rate works.",
        {"set": "circles", "hidden": "8, 8, 8, 8", "activation": "relu", "optimizer": "SGD",
         "lr": 3.0},
    ),
]  # fmt: skip
PRESETS = {preset.name: preset for preset in PRESETS}
