"""World points to pixels, against the camera equation written out by hand."""

import numpy as np
import pytest

from blender_addon.viewport.project import pixels_of


def perspective(focal: float, aspect: float) -> np.ndarray:
    """A camera at the origin that looks along -Z: clip x = focal * x, clip w = -z."""
    return np.array(
        [[focal, 0, 0, 0], [0, focal * aspect, 0, 0], [0, 0, -1, -0.2], [0, 0, -1, 0]], dtype=float
    )


def test_points_before_the_camera_land_where_the_pinhole_equation_says():
    points = np.array([[0.0, 0.0, -5.0], [1.0, 0.5, -4.0]])
    pixels = pixels_of(points, perspective(2.0, 2.0), 800, 400)
    assert pixels[0] == pytest.approx([400, 200])
    assert pixels[1] == pytest.approx([400 + 400 * (2.0 * 1.0 / 4.0), 200 + 200 * (4.0 * 0.5 / 4.0)])


def test_points_behind_the_camera_have_no_pixel():
    pixels = pixels_of(np.array([[0.0, 0.0, 5.0], [0.0, 0.0, 0.0]]), perspective(2.0, 2.0), 800, 400)
    assert np.isnan(pixels).all()
