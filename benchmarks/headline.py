"""``python -m benchmarks.headline``: the run that this course set out from, once more.

784-7600-2000-10 on MNIST, plain SGD, batch 256, learning rate 0.04, 40 epochs, 50,000 images to
learn from and 10,000 to validate on. Seconds on a large GPU, about an hour on two CPU cores; it
keeps a checkpoint after each epoch, and the same command goes on after an interruption. Writes

- ``benchmarks/results/headline_cpu.json`` (or ``_gpu``): every cost, every epoch, seed and machine;
- the figure of the run under ``img/``.
"""

import argparse
import json
import sys
from pathlib import Path

import nnhelpers as nn
from benchmarks.__main__ import RESULTS, machine

SIZES = [784, 7600, 2000, 10]
BATCH_SIZE, LEARNING_RATE, EPOCHS = 256, 0.04, 40


def run(checkpoint, epochs=EPOCHS, seed=0):
    """Train, or go on training; return (net, history)."""
    data = nn.load_mnist()
    net = nn.mlp(SIZES, activation="relu", seed=seed)
    history = nn.fit(
        net, data.train, data.valid, optimizer=nn.SGD(LEARNING_RATE), epochs=epochs,
        batch_size=BATCH_SIZE, seed=seed, checkpoint=checkpoint, resume=True,
    )  # fmt: skip
    return net, history, data


def report(net, history, data, seed):
    """What the results file holds: the settings, the machine, and all that was measured."""
    return {
        "command": "python -m benchmarks.headline",
        "settings": {
            "sizes": SIZES, "optimizer": "SGD", "lr": LEARNING_RATE, "batch_size": BATCH_SIZE,
            "epochs": history.epochs, "seed": seed, "dtype": str(net.theta.dtype),
        },
        "machine": machine(),
        "backend": str(nn.backend_report()),
        "train_accuracy": net.score(*data.train),
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
    parser.add_argument("--checkpoint", type=Path, default=RESULTS / "headline.ckpt.npz")
    options = parser.parse_args(args)
    net, history, data = run(options.checkpoint, options.epochs, options.seed)
    if history.stopped:
        print("Run the same command again to go on.", file=sys.stderr)
        return 1
    result = report(net, history, data, options.seed)
    kind = "cpu" if nn.get_array_module(net.theta).__name__ == "numpy" else "gpu"
    path = RESULTS / f"headline_{kind}.json"
    path.write_text(json.dumps(result) + "\n", encoding="utf-8")
    picture = nn.plot_history(history, save=True)
    print(f"training {result['train_accuracy']:.2%}, validation {history.valid_accuracy[-1]:.2%}, "
          f"{sum(history.seconds):.0f} s; {path.name}, {Path(picture.path).name}")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
