"""Offsets and weights over time: they join what they must, and they do not pop."""

from __future__ import annotations

import numpy as np
import pytest

from tmr_engine.retarget.blending import bridged, lifted, ramped, smoothed, smoothstep


def drifting(frames: int, fps: float) -> np.ndarray:
    """(T, 3) an offset that changes at a steady 0.3 m/s in x."""
    return np.outer(np.arange(frames) / fps, [0.3, 0.0, 0.0])


@pytest.mark.parametrize("fps", [24.0, 30.0, 120.0])
@pytest.mark.parametrize("gap_s", [0.2, 0.5, 1.5])
def test_offsets_are_carried_over_gaps_without_a_jump_in_place_or_speed(fps, gap_s):
    first, gap = round(0.5 * fps), round(gap_s * fps)
    frames = 2 * first + gap
    offsets = drifting(frames, fps)
    offsets[first + gap :] += [0.02, 0.05, 0.0]
    stretches = [(0, first), (first + gap, frames)]
    found = bridged(offsets, stretches, fps)
    for start, end in stretches:
        assert np.array_equal(found[start:end], offsets[start:end])
    speed = np.diff(found, axis=0) * fps
    # nothing moves faster than the offsets do already and the way between them takes
    far = np.linalg.norm(offsets, axis=1).max()
    assert np.linalg.norm(speed, axis=1).max() < 0.6 + 1.6 * far / min(gap_s, 0.25)
    at_edges = np.abs(np.diff(speed, axis=0))[[first - 2, first + gap - 1]]
    # an S-curve over d seconds starts with 6 / d^2, the brake of 0.15 s with 4 / 0.15 times the speed
    assert at_edges.max() < (6.0 * far / min(gap_s, 0.25) ** 2 + 4.0 / 0.15 * 0.3) / fps + 0.05


def test_far_from_any_stretch_there_is_no_offset():
    offsets = np.full((300, 3), 0.1)
    found = bridged(offsets, [(100, 120), (220, 240)], 30.0)
    assert not found[:90].any()
    assert not found[132:208].any()
    assert not found[252:].any()
    assert found[110] == pytest.approx(0.1)


def test_a_near_gap_goes_straight_from_one_offset_to_the_next():
    offsets = np.zeros((60, 3))
    offsets[:20], offsets[30:] = 0.1, 0.2
    found = bridged(offsets, [(0, 20), (30, 60)], 30.0)
    assert np.all(np.diff(found[:, 0]) >= -1e-12)
    assert found[24:26, 0].mean() == pytest.approx(0.15, abs=0.01)


def test_no_stretches_no_offsets():
    assert not bridged(np.ones((10, 3)), [], 30.0).any()
    assert bridged(np.ones((10, 3)), [(0, 10)], 30.0) == pytest.approx(1.0)


def test_weights_rise_and_fall_within_their_stretches_and_stay_up_at_the_ends_of_the_clip():
    flags = np.zeros(90, dtype=bool)
    flags[:20] = flags[40:70] = True
    weights = ramped(flags, [(0, 20), (40, 70)], 30.0, 0.1)
    assert not weights[~flags].any()
    assert np.all(weights[flags] > 0)
    assert weights[:15] == pytest.approx(1.0)
    assert weights[48:60] == pytest.approx(1.0)
    assert weights[40] < 0.2
    assert np.abs(np.diff(weights)).max() < 0.5


def test_smoothing_keeps_lines_up_to_their_ends_and_takes_noise_away():
    line = np.outer(np.arange(100.0), [1.0, -2.0])
    assert smoothed(line, 6.0) == pytest.approx(line, abs=1e-9)
    wave = np.sin(2 * np.pi * np.arange(300) / 8.0)
    assert np.abs(smoothed(wave, 8.0)[30:-30]).max() < 1e-3
    assert smoothed(wave[:1], 5.0) == pytest.approx(wave[:1])
    assert smoothed(wave[:4], 30.0).shape == (4,)


def test_a_lifted_curve_is_nowhere_below_what_it_covers_and_has_no_corners():
    need = np.zeros(100)
    need[50] = 1.0
    need[70:80] = 0.5
    curve = lifted(need, 4)
    assert np.all(curve >= need - 1e-12)
    assert not curve[:40].any()
    assert np.abs(np.diff(curve)).max() < 0.35


def test_smoothstep_is_flat_at_both_ends():
    assert smoothstep(np.array([-1.0, 0.0, 0.5, 1.0, 2.0])) == pytest.approx([0, 0, 0.5, 1, 1])
