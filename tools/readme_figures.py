"""Train the two networks that README shows, draw its figures into ``img/``, and print its numbers.

    python tools/readme_figures.py

Takes about a minute. The settings were chosen on the validation set; the test set is looked at
once, at the end.
"""

import statistics

import nnhelpers as nn
from nnhelpers.figures import COLORS, Picture, draw_boundary, new_figure

MOMENTS = [0, 30, 250, 2000]  # steps after which the spirals' network is drawn
SEEDS = range(5)


def spirals():
    """Batch gradient descent on three spirals: the plane at four moments, and the cost."""
    train = nn.make_spirals(450, classes=3, noise=0.15, seed=0)
    net, costs = nn.mlp([2, 32, 32, 3], activation="tanh", seed=1), []
    figure, axes = new_figure(1, len(MOMENTS) + 1, size=(12.5, 2.7))
    for ax, moment in zip(axes, MOMENTS, strict=False):
        if moment > len(costs):
            history = nn.fit(net, train, optimizer=nn.SGD(0.5), epochs=moment - len(costs),
                             batch_size=None, progress=False)  # fmt: skip
            costs += history.batch_loss
        draw_boundary(ax, net, *train)
        steps = "before the first step" if not moment else f"after {moment:,} steps"
        ax.set(title=f"{steps}: {net.score(*train):.0%}", xticks=[], yticks=[])
    axes[-1].plot(range(1, len(costs) + 1), costs, color=COLORS[0])
    axes[-1].set(xscale="log", xlabel="step", title="cost J", ylim=(0, None))
    picture = Picture(figure, "Three spirals of points, learned by a small network.")
    print("written", picture.save("learning").name)


def digits():
    """SGD on MNIST, 784-128-10, ten epochs: five seeds, the test set once for each."""
    data, scores, seconds = nn.load_mnist(), [], []
    for seed in SEEDS:
        net = nn.mlp([784, 128, 10], seed=seed)
        history = nn.fit(net, data.train, data.valid, optimizer=nn.SGD(0.3), epochs=10,
                         batch_size=32, seed=seed, schedule=nn.cosine(),
                         progress=False)  # fmt: skip
        scores.append(net.score(*data.test))
        seconds.append(sum(history.seconds))
        if seed == 0:
            path = nn.plot_history(history, save=False).save("mnist")
            print("written", path.name)
    error = statistics.stdev(scores) / len(scores) ** 0.5
    print(f"784-128-10, batch 32, SGD lr 0.3 with a cosine, 10 epochs: test accuracy "
          f"{statistics.mean(scores):.2%} ± {error:.2%} over {len(scores)} seeds, "
          f"{statistics.median(seconds):.1f} s each")  # fmt: skip


if __name__ == "__main__":
    spirals()
    digits()
