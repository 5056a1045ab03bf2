"""The dozen shapes every product picture is made of, as SVG text on a sheet of 400 by 400, y downwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import cos, pi, sin

MIDDLE = 200


def box(x: int, y: int, width: int, height: int, corner: int = 0) -> str:
    """A rectangle."""
    if not corner:
        return shape(f"M{x} {y}h{width}v{height}h-{width}z")
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{corner}"/>'


def disc(x: int, y: int, across: int, down: int | None = None) -> str:
    """A circle, or an ellipse with its two radii."""
    if down is None:
        return f'<circle cx="{x}" cy="{y}" r="{across}"/>'
    return f'<ellipse cx="{x}" cy="{y}" rx="{across}" ry="{down}"/>'


def shape(path: str) -> str:
    """A free outline."""
    return f'<path d="{path}"/>'


def cord(path: str, width: int) -> str:
    """A drawn line: handle, cord, stem, stripe."""
    return f'<path d="{path}" fill="none" stroke-width="{width}"/>'


def corners(*points: tuple[int, int]) -> str:
    """A polygon."""
    return shape("M" + "L".join(f"{x} {y}" for x, y in points) + "z")


def turned(*profile: tuple[int, int], left: int | None = None) -> str:
    """What a lathe makes: (height, half width) downwards. `left`: only what lies right of that x."""
    down = side(profile, 1)
    (top, wide), (_, foot) = profile[0], profile[-1]
    if left is not None:
        return shape(f"M{left} {top}H{MIDDLE + wide}{down}H{left}z")
    return shape(f"M{MIDDLE - wide} {top}H{MIDDLE + wide}{down}H{MIDDLE - foot}{side(profile[::-1], -1)}z")


def side(profile: Sequence[tuple[int, int]], sign: int) -> str:
    """One side of a turned thing as path steps; upright where two half widths agree."""
    steps = []
    for (before, was), (y, half) in pairwise(profile):
        bend, x0, x1 = (before + y) // 2, MIDDLE + sign * was, MIDDLE + sign * half
        steps.append(f"V{y}" if half == was else f"C{x0} {bend} {x1} {bend} {x1} {y}")
    return "".join(steps)


def flame(x: int, y: int, height: int) -> str:
    """A flame, or a leaf that stands up; (x, y) is its tip."""
    w = height * 2 // 5
    full = f"c{w} {height // 2} {w} {height * 9 // 10} 0 {height}"
    return shape(f"M{x} {y}{full}c{-w}-{height // 10} {-w}-{height // 2} 0-{height}z")


def leaf(x: int, y: int, dx: int, dy: int) -> str:
    """A leaf from its stem at (x, y) to its tip, that far away."""
    out, back = (dx // 2 - dy // 3, dy // 2 + dx // 3), (-dx // 2 + dy // 3, -dy // 2 - dx // 3)
    return shape(f"M{x} {y}q{out[0]} {out[1]} {dx} {dy}q{back[0]} {back[1]} {-dx} {-dy}z")


def star(x: int, y: int, radius: int, points: int = 5) -> str:
    """A star."""
    rays = []
    for i in range(points * 2):
        reach = radius if i % 2 == 0 else radius * 9 // 20
        turn = pi * i / points - pi / 2
        rays.append((round(x + reach * cos(turn)), round(y + reach * sin(turn))))
    return corners(*rays)


def row(count: int, step: int, draw: Callable[[int], str]) -> str:
    """The same shape `count` times, `step` apart."""
    return "".join(draw(i * step) for i in range(count))


def ground(half: int, y: int = 322, x: int = MIDDLE) -> str:
    """The shadow a thing stands in."""
    return disc(x, y, half, 9)
