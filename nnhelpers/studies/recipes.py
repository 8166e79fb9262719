"""The rungs of the ladder (notebook 13): each a complete recipe, and what it means for a training.

A rung names a network, what it learns from, and how; it builds on an earlier one and adds one idea.
``ladder`` runs them.
"""

import json
from dataclasses import dataclass, field

from ..backend import get_array_module
from ..layers import Dropout
from ..losses import SoftmaxCrossEntropy
from ..network import Network, mlp
from ..optimizers import SGD, Adam, Momentum, RMSprop, cosine, one_cycle
from .after_step import MaxNorm, WeightAverage
from .augment import Adversarial, Distortion, InTurn, Noise, Shifts

# What a rung can set, and what holds where it does not.
DEFAULTS = {
    "sizes": [784, 800, 800, 10],
    "batch_norm": False,
    "input_dropout": 0.0,
    "dropout": 0.0,
    "smoothing": 0.0,
    "optimizer": "SGD",
    "lr": 0.04,
    "schedule": None,  # or the name of one
    "batch_size": 256,
    "epochs": 20,
    "l2": 0.0,
    "max_norm": None,  # or the limit
    "average": None,  # or beta of the moving average of the weights
    "augment": None,  # or {name of a class in augment.py: its settings}, more than one in turn
    "members": 1,  # of a committee that votes
    "learn_from": "train",  # or "train and valid", where nothing is left to choose
    "examples": None,  # how many of the training examples; None means all
}
OPTIMIZERS = {"SGD": SGD, "Momentum": Momentum, "RMSprop": RMSprop, "Adam": Adam}
SCHEDULES = {None: lambda: None, "cosine": cosine, "one_cycle": one_cycle}
AUGMENTATIONS = {
    "Shifts": Shifts, "Distortion": Distortion, "Noise": Noise, "Adversarial": Adversarial,
}  # fmt: skip
BENT = {"rotation": 10, "scale": 0.1, "shear": 0.1, "shift": 1.0, "elastic": 1.2, "sigma": 4.5}


@dataclass(frozen=True)
class Rung:
    """One step of the ladder.

    Attributes
    ----------
    adds : str
        What is new in it, in words.
    notebook : str
        Where the idea is derived.
    after : str or None
        The rung that it builds on.
    changes : dict
        The settings that differ from that rung's.
    machine : {"any", "gpu"}
        Whether a laptop can run it in reasonable time.
    """

    adds: str
    notebook: str
    after: str | None = None
    changes: dict = field(default_factory=dict)
    machine: str = "any"


RUNGS = {
    "tiny": Rung("a rehearsal: 500 examples, 2 epochs", "04", None,
        {"sizes": [784, 16, 10], "examples": 500, "epochs": 2, "batch_size": 50}),
    # ------------------------------------------------ pixels in any order would do as well
    "plain": Rung("ReLU, He's first weights, plain SGD", "04"),
    "adam": Rung("Adam", "08", "plain", {"optimizer": "Adam", "lr": 0.001}),
    "one_cycle": Rung("a learning rate that rises and falls", "08", "adam",
        {"schedule": "one_cycle", "lr": 0.002, "batch_size": 128}),
    "smoothing": Rung("label smoothing", "13", "one_cycle", {"smoothing": 0.1}),
    # Each of these alone, on top of the same rung: not all ideas add up.
    "dropout": Rung("dropout of units and pixels", "07", "smoothing",
        {"dropout": 0.3, "input_dropout": 0.2}),
    "max_norm": Rung("max-norm besides dropout", "13", "dropout", {"max_norm": 2.0}),
    "batch_norm": Rung("batch normalization", "09", "smoothing", {"batch_norm": True}),
    "l2": Rung("an L2 penalty", "05", "smoothing", {"l2": 1e-5}),
    "average": Rung("the average of the weights", "13", "smoothing", {"average": 0.999}),
    "noise": Rung("random noise on the pixels", "13", "smoothing",
        {"augment": {"Noise": {"std": 0.3}}}),
    "adversarial": Rung("the worst noise on the pixels", "13", "smoothing",
        {"augment": {"Adversarial": {"amount": 0.12}}}),
    "patient": Rung("twice as long", "13", "adversarial", {"epochs": 40}),
    "headline": Rung("where the course set out from", "12", "plain",
        {"sizes": [784, 7600, 2000, 10], "epochs": 40}, "gpu"),
    "widest": Rung("as wide as a GPU likes it, and long", "13", "patient",
        {"sizes": [784, 4096, 4096, 10], "lr": 0.001, "epochs": 200}, "gpu"),
    # ------------------------------------------------ images that are never shown twice alike
    "shifts": Rung("shifts by whole pixels", "13", "smoothing",
        {"augment": {"Shifts": {"pixels": 2}}}),
    "affine": Rung("turned, scaled, slanted, shifted", "13", "shifts",
        {"augment": {"Distortion": {**BENT, "elastic": 0.0}}}),
    "elastic": Rung("bent as well", "13", "affine", {"augment": {"Distortion": BENT}}),
    "committee": Rung("five networks vote", "13", "elastic", {"members": 5}),
    "five_minutes": Rung("the best of five minutes on two cores", "13", "elastic",
        {"sizes": [784, 1000, 500, 10], "epochs": 80, "smoothing": 0.05}),
    "half_hour": Rung("the best of half an hour on two cores", "13", "five_minutes",
        {"sizes": [784, 1500, 1000, 500, 10], "epochs": 200, "lr": 0.001}),
    "half_hour_committee": Rung("three of them vote", "13", "half_hour", {"members": 3}),
    "one_hour": Rung("the best of an hour on two cores", "13", "half_hour",
        {"sizes": [784, 2500, 1500, 500, 10], "batch_size": 256, "epochs": 330}),
    # As many steps as one_hour: nothing is left to choose, so the validation set is learned too.
    "one_hour_all": Rung("the validation set learned as well", "13", "one_hour",
        {"learn_from": "train and valid", "epochs": 275}),
    "deep_big_simple": Rung("Cireşan's network of 2010", "13", "one_hour",
        {"sizes": [784, 2500, 2000, 1500, 1000, 500, 10], "epochs": 800, "lr": 0.0005}, "gpu"),
    "deep_big_committee": Rung("five of them vote", "13", "deep_big_simple",
        {"members": 5}, "gpu"),
}  # fmt: skip


def settings_of(name, changes=None):
    """Return all settings of the rung called ``name``, with ``changes``: a dict.

    Raises
    ------
    ValueError
        If there is no such rung, or a change names no setting; the message lists those there are.
        If the number of members, what to learn from, or batch_norm cannot be.
    """
    if name not in RUNGS:
        raise ValueError(f"there is no rung {name!r}: expected one of {', '.join(RUNGS)}")
    rung = RUNGS[name]
    settings = settings_of(rung.after) if rung.after else dict(DEFAULTS)
    for key, value in {**rung.changes, **(changes or {})}.items():
        if key not in DEFAULTS:
            raise ValueError(f"there is no setting {key!r}: expected one of {', '.join(DEFAULTS)}")
        settings[key] = value
    if not isinstance(settings["members"], int) or settings["members"] < 1:
        raise ValueError(f"expected members of at least 1, got {settings['members']!r}")
    if settings["learn_from"] not in ("train", "train and valid"):
        raise ValueError(
            f"unknown learn_from {settings['learn_from']!r}: expected 'train' or 'train and valid'"
        )
    # Any word is true to Python, "no" as well.
    if not isinstance(settings["batch_norm"], bool):
        raise ValueError(f"expected batch_norm as True or False, got {settings['batch_norm']!r}")
    return settings


def build(settings, seed):
    """Return (net, optimizer, options for ``fit``) as the settings say.

    Raises
    ------
    ValueError, TypeError
        If a setting cannot be: a name that is not known, or a number out of its range.
    """
    net = mlp(settings["sizes"], dropout=settings["dropout"], batch_norm=settings["batch_norm"],
              loss=SoftmaxCrossEntropy(settings["smoothing"]), seed=seed)  # fmt: skip
    if settings["input_dropout"]:
        layers = [Dropout(settings["input_dropout"]), *(layer.fresh() for layer in net.layers)]
        net = Network(layers, net.loss_function, seed=seed)
    optimizer = _look_up("optimizer", settings["optimizer"], OPTIMIZERS)(settings["lr"])
    augment = _augmentation(settings["augment"], net) if settings["augment"] else None
    after_step = [MaxNorm(settings["max_norm"])] if settings["max_norm"] else []
    after_step += [WeightAverage(settings["average"])] if settings["average"] else []
    options = {
        "epochs": settings["epochs"], "batch_size": settings["batch_size"], "l2": settings["l2"],
        "seed": seed, "schedule": _look_up("schedule", settings["schedule"], SCHEDULES)(),
        "augment": augment, "after_step": after_step,
    }  # fmt: skip
    return net, optimizer, options


def _augmentation(asked, net):
    """Return the augmentation that {name: settings} asks for; several are done in turn."""
    if not (isinstance(asked, dict) and all(isinstance(value, dict) for value in asked.values())):
        raise ValueError(
            f"expected augment as {{name: settings}}, such as {{'Shifts': {{'pixels': 2}}}}, got "
            f"{asked!r}"
        )
    steps = []
    for kind, amounts in asked.items():
        make = _look_up("augment", kind, AUGMENTATIONS)
        steps.append(make(net, **amounts) if make is Adversarial else make(**amounts))
    return steps[0] if len(steps) == 1 else InTurn(*steps)


def _look_up(setting, name, table):
    if name not in table:
        names = ", ".join(map(str, table))
        raise ValueError(f"unknown {setting} {name!r}: expected one of {names}")
    return table[name]


def examples_for(settings, data):
    """Return (train, valid) to learn from and to choose by; valid is None if it is learned too."""
    if settings["learn_from"] == "train and valid":
        xp = get_array_module(data.train.X)
        both = zip(data.train, data.valid, strict=True)
        return tuple(xp.concatenate(parts) for parts in both), None
    n = settings["examples"]
    return (data.train.X[:n], data.train.y[:n]), data.valid


def seeds_of(settings, seed):
    """Return the seeds of a run's networks: of one alone, the run's own.

    Committee 0 of three has the networks that runs 0, 1 and 2 of its members' rung have, and
    committee 1 those of 3, 4 and 5: no two committees share one.
    """
    members = settings["members"]
    return range(seed * members, (seed + 1) * members)


def knows_neighbours(name):
    """Whether the rung called ``name`` makes use of which pixels are neighbours."""
    return not {"Shifts", "Distortion"}.isdisjoint(settings_of(name)["augment"] or {})


def changes_from(text):
    """Return ``"lr=0.002 epochs=5"`` as a dict.

    Values are JSON, or None, True and False as in Python, or words as they are.

    Raises
    ------
    ValueError
        If a part is not of the form name=value.
    """
    changes = {}
    for part in text.split():
        name, equals, value = part.partition("=")
        if not (name and equals and value):
            raise ValueError(f"expected name=value, such as lr=0.002, got {part!r}")
        try:
            changes[name] = json.loads(value)
        except ValueError:
            changes[name] = {"None": None, "True": True, "False": False}.get(value, value)
    return changes
