"""A pen's ink on paper, and an image that is moved or turned."""

import numpy as np
import pytest

from nnhelpers.widgets.draw_ink import add_ink, moved


def test_a_line_has_the_pens_width_and_soft_edges():
    paper = np.zeros((140, 140))
    add_ink(paper, [(5, 14), (23, 14)], 3.0)
    assert paper[:, 70].sum() == pytest.approx(15)  # 3 pixels of 28, each 5 fine ones
    assert paper.sum() == pytest.approx(18 * 15 * 5 + np.pi * 7.5**2, rel=0.01)  # with round ends
    diagonal = np.zeros((140, 140))
    add_ink(diagonal, [(8, 8), (20, 20)], 3.0)
    assert ((diagonal > 0) & (diagonal < 1)).sum() > 100, "the edges are soft"
    assert diagonal.sum() == pytest.approx(np.hypot(12, 12) * 75 + np.pi * 7.5**2, rel=0.01)


def test_a_dot_a_line_over_a_line_and_ink_beside_the_paper():
    paper = np.zeros((140, 140))
    add_ink(paper, [(14, 14)], 2.0)
    assert paper.sum() == pytest.approx(np.pi * 25, rel=0.02)
    before = paper.copy()
    add_ink(paper, [(14, 14), (14, 14)], 2.0)
    assert np.array_equal(paper, before), "the same ink twice is not darker"
    add_ink(paper, [(-20, -20), (-9, 40), (60, 60)], 2.0)
    assert np.array_equal(paper, before), "what is drawn beside the paper is lost"


def test_an_image_is_turned_clockwise_and_shifted_to_the_right():
    image = np.zeros((28, 28))
    image[14, 20] = 1  # six to the right of the middle
    assert moved(image, turn=90)[20, 14] == pytest.approx(1)
    assert moved(image, turn=180)[14, 8] == pytest.approx(1)
    assert moved(image, right=2)[14, 22] == pytest.approx(1)
    assert moved(image, right=0.5)[14, 20:22] == pytest.approx([0.5, 0.5])
    assert moved(image, right=2, turn=90)[20, 16] == pytest.approx(1)
    assert moved(image, right=8).sum() == pytest.approx(0), "what leaves the field is gone"
    assert np.array_equal(moved(image), image)
