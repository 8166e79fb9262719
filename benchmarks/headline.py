"""``python -m benchmarks.headline``: the run that this course set out from, once more.

784-7600-2000-10 on MNIST, plain SGD, batch 256, learning rate 0.04, 40 epochs, 50,000 images to
learn from and 10,000 to validate on. The pixels are standardized: minus the mean of all training
pixels, divided by their standard deviation. With ``--raw`` they go from 0 to 1, as everywhere else
in the course, and 40 epochs do not quite get to the end. About twenty minutes on two CPU cores; it
keeps a checkpoint after each epoch, and the same command goes on after an interruption. Writes

- ``benchmarks/results/headline_cpu.json`` (or ``_gpu``, and ``_raw``): every cost, every epoch,
  seed and machine;
- the figure of the run under ``img/``, once more as ``headline_cpu.png`` for README.
"""

import argparse
import json
import sys
from pathlib import Path

import nnhelpers as nn
from benchmarks.__main__ import RESULTS, machine

SIZES = [784, 7600, 2000, 10]
BATCH_SIZE, LEARNING_RATE, EPOCHS = 256, 0.04, 40


def standardized(data):
    """Return (train, valid), pairs (X, y): the training pixels with mean 0 and variance 1."""
    mean, std = data.train.X.mean(), data.train.X.std()
    return tuple(((X - mean) / std, y) for X, y in (data.train, data.valid))


def run(checkpoint, epochs=EPOCHS, seed=0, raw=False):
    """Train, or go on training; return (net, history, the training pair)."""
    data = nn.load_mnist()
    train, valid = (data.train, data.valid) if raw else standardized(data)
    net = nn.mlp(SIZES, activation="relu", seed=seed)
    history = nn.fit(
        net, train, valid, optimizer=nn.SGD(LEARNING_RATE), epochs=epochs,
        batch_size=BATCH_SIZE, seed=seed, checkpoint=checkpoint, resume=True,
    )  # fmt: skip
    return net, history, train


def report(net, history, train, seed, raw):
    """What the results file holds: the settings, the machine, and all that was measured."""
    return {
        "command": f"python -m benchmarks.headline{' --raw' if raw else ''}",
        "settings": {
            "sizes": SIZES, "optimizer": "SGD", "lr": LEARNING_RATE, "batch_size": BATCH_SIZE,
            "epochs": history.epochs, "seed": seed, "dtype": str(net.theta.dtype),
            "pixels": "raw" if raw else "standardized",
        },
        "machine": machine(),
        "backend": str(nn.backend_report()),
        "train_accuracy": net.score(*train),
        "valid_accuracy": history.valid_accuracy,
        "valid_loss": [round(loss, 6) for loss in history.valid_loss],
        "seconds": [round(seconds, 2) for seconds in history.seconds],
        "batch_loss": [round(loss, 6) for loss in history.batch_loss],
        "batch_accuracy": [round(accuracy, 4) for accuracy in history.batch_accuracy],
    }  # fmt: skip


def main(args=None):
    parser = argparse.ArgumentParser(prog="python -m benchmarks.headline", description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--raw", action="store_true", help="pixels from 0 to 1, as they are")
    parser.add_argument("--checkpoint", type=Path, help="default: under benchmarks/results/")
    options = parser.parse_args(args)
    which = "_raw" if options.raw else ""
    checkpoint = options.checkpoint or RESULTS / f"headline{which}.ckpt.npz"
    net, history, train = run(checkpoint, options.epochs, options.seed, options.raw)
    if history.ended:
        print("Run the same command again to go on.", file=sys.stderr)
        return 1
    result = report(net, history, train, options.seed, options.raw)
    kind = "cpu" if nn.get_array_module(net.theta).__name__ == "numpy" else "gpu"
    path = RESULTS / f"headline_{kind}{which}.json"
    path.write_text(json.dumps(result) + "\n", encoding="utf-8")
    picture = nn.plot_history(history, save=True)
    picture.save(path.stem)
    print(f"training {result['train_accuracy']:.2%}, validation {history.valid_accuracy[-1]:.2%}, "
          f"{sum(history.seconds):.0f} s; {path.name}, {Path(picture.path).name}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
