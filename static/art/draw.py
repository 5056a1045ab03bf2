"""Draws the shop's product pictures: two inks and a halftone, one SVG of about 1 KB each.

Each drawing is put together from the base shapes of `shapes.py`, in three plates as a riso printer would: the
first ink, the second a little out of register, and the second as dots for shade. A vendor owns one pair of
inks and one paper. Nothing is random: the same slug always gives the same bytes. `--check` draws all of them
again and names what differs from the files beside it.
"""

from __future__ import annotations

import hashlib
import sys
from dataclasses import dataclass
from pathlib import Path

from shapes import box, cord, corners, disc, flame, ground, leaf, row, shape, star, turned

INKS = {
    "blue": "#2b50d8", "pink": "#ff48b0", "sun": "#ffb511", "green": "#00a95c",
    "red": "#f15060", "teal": "#00838a", "violet": "#765ba7", "orange": "#ff6c2f",
}  # fmt: skip
PAPERS = {
    "blue-sun": "#eaf0ff", "violet-orange": "#f1ecfa", "pink-green": "#fdeaf5",
    "red-teal": "#fff3d6", "teal-red": "#e6f4f5", "sun-violet": "#fff0e3",
}  # fmt: skip
ANGLES = (15, 45, 75)
SLIPS = ("-3 2", "3 -2", "2 3")


@dataclass(frozen=True)
class Plates:
    """What each pass prints, as SVG: first ink, second ink, dots of the second."""

    first: str
    second: str
    dots: str


DRAWINGS: dict[str, dict[str, Plates]] = {
    "blue-sun": {
        # Stands for any product that has no picture of its own yet.
        "parcel": Plates(
            corners((90, 150), (310, 150), (310, 310), (90, 310))
            + corners((90, 150), (130, 100), (350, 100), (310, 150)),
            box(184, 150, 36, 160) + corners((184, 150), (224, 100), (262, 100), (220, 150)),
            corners((310, 150), (350, 100), (350, 262), (310, 310)) + ground(130, 318),
        ),
        "enamel-mug": Plates(
            shape("M110 130h150v130a40 40 0 0 1-40 40h-70a40 40 0 0 1-40-40z")
            + cord("M260 160c60-6 70 90 0 90", 20),
            disc(185, 130, 75, 18) + disc(168, 215, 34),
            shape("M215 148h45v112a40 40 0 0 1-40 40h-5z") + ground(105),
        ),
        "stoneware-vase": Plates(
            turned((150, 30), (265, 85), (330, 45)),
            cord("M195 150C190 110 170 90 150 70M205 150c4-46 20-60 46-86M200 150V62", 7)
            + disc(146, 64, 20) + disc(256, 58, 24) + disc(200, 48, 22) + cord("M116 262q84 26 168 0", 9),
            turned((150, 30), (265, 85), (330, 45), left=212) + ground(90, 338),
        ),
        "pasta-bowl": Plates(
            turned((190, 140), (280, 66), (304, 62)),
            disc(200, 190, 140, 30) + cord("M90 232q110 44 220 0", 9),
            turned((205, 134), (280, 66), (304, 62), left=216) + disc(200, 190, 100, 18) + ground(120),
        ),
        "butter-dish": Plates(
            shape("M108 270v-60a50 50 0 0 1 50-50h84a50 50 0 0 1 50 50v60z") + box(70, 270, 260, 22, 11),
            disc(200, 146, 20) + box(140, 200, 120, 70, 6) + box(70, 286, 260, 10, 5),
            shape("M215 160h27a50 50 0 0 1 50 50v60h-77z") + ground(135, 310),
        ),
        "espresso-cups": Plates(
            turned((110, 66), (170, 56), (200, 40)) + turned((206, 66), (266, 56), (296, 40))
            + cord("M262 128c40-4 40 50-8 48M262 224c40-4 40 50-8 48", 13),
            disc(200, 110, 66, 14) + box(120, 296, 160, 14, 7) + cord("M138 232h124", 9),
            turned((124, 65), (170, 56), (200, 40), left=212)
            + turned((206, 66), (266, 56), (296, 40), left=212)
            + ground(110),
        ),
        "plant-pot": Plates(
            corners((122, 210), (278, 210), (258, 312), (142, 312)) + box(110, 192, 180, 30, 6),
            leaf(200, 196, -10, -130) + leaf(196, 196, -84, -92) + leaf(204, 196, 90, -84)
            + leaf(196, 196, -100, -30)
            + leaf(206, 196, 104, -22) + disc(200, 262, 24),
            corners((215, 210), (278, 210), (258, 312), (215, 312)) + ground(100),
        ),
    },
    "violet-orange": {
        "field-notebook": Plates(
            box(105, 75, 190, 250, 10),
            box(105, 75, 34, 250, 8) + box(170, 125, 95, 52, 4) + shape("M262 300v58l10-12 10 12v-58z"),
            shape("M220 75h65a10 10 0 0 1 10 10v230a10 10 0 0 1-10 10h-65z"),
        ),
        "desk-planner": Plates(
            box(70, 112, 260, 196, 8) + cord("".join(f"M{95 + 42 * i} 92v36" for i in range(6)), 9),
            box(70, 112, 260, 34) + row(4, 56, lambda x: box(92 + x, 166, 40, 32) + box(92
            + x, 212, 40, 32)) + box(92, 258, 96, 30),
            box(70, 146, 260, 162, 8) + ground(130, 324),
        ),
        "letter-set": Plates(
            box(90, 80, 180, 150, 4) + box(70, 170, 260, 160, 6),
            corners((70, 170), (330, 170), (200, 262)) + cord("M116 112h110M116 138h80", 8)
            + box(282, 282, 32, 34, 2),
            corners((70, 330), (200, 240), (330, 330)) + ground(130, 340),
        ),
        "cedar-pencils": Plates(
            row(3, 56, lambda x: box(126 + x, 140 - x // 3, 36, 180)),
            row(3, 56, lambda x: shape(f"M{126 + x} {140 - x // 3}l18-56 18 56z")
            + box(126 + x, 298 - x // 3, 36, 22)),
            row(3, 56, lambda x: box(146 + x, 140 - x // 3, 16, 180)) + ground(110, 332),
        ),
        "wall-calendar": Plates(
            box(104, 110, 192, 216, 4) + cord("M130 110l70-54 70 54", 7) + disc(200, 56, 9),
            box(104, 110, 192, 54) + disc(238, 236, 24)
            + "".join(row(4, 42, lambda x, y=y: disc(137 + x, y, 7)) for y in (196, 236, 276)),
            box(104, 276, 192, 50) + box(210, 164, 86, 112),
        ),
        "bookmark-set": Plates(
            row(3, 76, lambda x: box(92 + x, 100, 58, 210, 6)),
            cord("".join(f"M{121 + 76 * i} 118q-22-46 8-62m-8 62q24-40 22-52" for i in range(3)), 5)
            + row(3, 76, lambda x: disc(121 + x, 118, 9))
            + row(3, 40, lambda y: disc(121, 180 + y, 13)) + star(197, 216, 26)
            + row(4, 32, lambda y: box(244, 166 + y, 58, 14)),
            box(122, 140, 28, 170) + box(198, 140, 28, 170) + box(274, 140, 28, 170) + ground(120, 326),
        ),
    },
    "pink-green": {
        "pine-candle": Plates(
            box(130, 150, 140, 170, 14),
            flame(200, 58, 70) + cord("M200 126v26", 6) + box(150, 205, 100, 68, 4),
            shape("M215 150h41a14 14 0 0 1 14 14v142a14 14 0 0 1-14 14h-41z") + disc(200, 98, 88)
            + ground(95, 330),
        ),
        "brass-kettle": Plates(
            shape("M115 210c0-55 38-85 85-85s85 30 85 85v50a30 30 0 0 1-30 30H145a30 30 0 0 1-30-30z")
            + corners((278, 215), (340, 163), (328, 237), (278, 263)),
            cord("M130 150C120 70 280 70 270 150", 16) + disc(200, 112, 13) + box(150, 124, 100, 12, 6),
            shape("M205 126c46 2 80 32 80 84v50a30 30 0 0 1-30 30h-50z") + ground(110, 304),
        ),
        "match-bottle": Plates(
            turned((104, 34), (136, 34), (178, 78), (304, 78), (318, 66)),
            box(170, 72, 60, 36, 5) + row(4, 26, lambda x: cord(f"M{160 + x} 296l{x // 6}-100", 7)
            + disc(160 + x + x // 6, 192, 9)),
            turned((136, 34), (178, 78), (304, 78), (318, 66), left=222) + ground(100, 330),
        ),
        "incense-box": Plates(
            corners((80, 232), (320, 232), (336, 312), (64, 312)) + box(92, 206, 216, 30, 4),
            cord("M150 214L116 96M186 214L170 90M222 214l8-124M254 214l36-112", 6) + disc(200, 272, 22)
            + cord("M116 92c-20-20 16-26 0-48M230 86c-18-18 18-24 0-44", 5),
            corners((210, 232), (320, 232), (336, 312), (210, 312)) + ground(130, 324),
        ),
        "oil-burner": Plates(
            turned((120, 96), (150, 84), (172, 46), (304, 96), (316, 96)),
            disc(200, 120, 96, 20) + shape("M164 316v-58a36 36 0 0 1 72 0v58z")
            + cord("M176 92c-16-16 14-22 0-42M222 92c-16-16 14-22 0-42", 6),
            turned((128, 92), (150, 84), (172, 46), (304, 96), (316, 96), left=242) + flame(200, 236, 50)
            + ground(115, 326),
        ),
        "iron-trivet": Plates(
            cord("M80 200a120 120 0 1 0 240 0a120 120 0 1 0-240 0", 20) + disc(200, 200, 50)
            + cord("M200 90v70M200 240v70M90 200h70M240 200h70M122 122l50 50M228 228l50 50M278 122l-50 50"
                   "M172 228l-50 50", 14),
            star(200, 200, 74, 8) + row(2, 176, lambda x: disc(112 + x, 112, 17) + disc(112 + x, 288, 17)),
            shape("M200 70a130 130 0 0 1 0 260z"),
        ),
    },
    "red-teal": {
        "table-lamp": Plates(
            corners((140, 80), (260, 80), (310, 200), (90, 200)),
            box(192, 200, 16, 90) + shape("M140 290h120a12 12 0 0 1 12 12v10H128v-10a12 12 0 0 1 12-12z")
            + disc(240, 222, 7)
            + cord("M240 200v18", 3),
            corners((200, 80), (260, 80), (310, 200), (200, 200))
            + corners((90, 200), (310, 200), (356, 322), (44, 322)),
        ),
        "pendant-lamp": Plates(
            shape("M92 216c0-66 48-108 108-108s108 42 108 108z") + box(182, 84, 36, 30, 4),
            cord("M200 0v86", 6) + disc(200, 222, 26) + cord("M92 216h216", 11),
            shape("M206 108c56 2 102 44 102 108H206z")
            + corners((104, 224), (296, 224), (372, 372), (28, 372)),
        ),
        "reading-lamp": Plates(
            corners((206, 74), (262, 104), (236, 186), (130, 130)) + disc(238, 84, 18),
            cord("M238 88l74 82-96 126", 11) + disc(312, 170, 13) + box(146, 292, 130, 22, 11),
            corners((130, 132), (236, 188), (190, 318), (40, 318)) + ground(100, 324, 212),
        ),
        "night-light": Plates(
            shape("M104 206c0-60 40-98 96-98s96 38 96 98c0 16-192 16-192 0z"),
            turned((214, 30), (280, 40), (306, 56)) + disc(160, 164, 15) + disc(214, 146, 19)
            + disc(252, 184, 13),
            disc(200, 186, 148) + ground(90, 318),
        ),
        "storm-lantern": Plates(
            turned((262, 66), (300, 84), (318, 84)) + turned((102, 26), (130, 62), (146, 62))
            + box(178, 84, 44, 20, 4)
            + cord("M122 290V140M278 290V140", 10),
            cord("M124 150C116 30 284 30 276 150", 8) + flame(200, 178, 66) + cord("M148 262h104", 9),
            turned((146, 46), (204, 66), (262, 46)) + turned((262, 66), (300, 84), (318, 84), left=212)
            + ground(110, 328),
        ),
        "wall-sconce": Plates(
            shape("M100 186h200a100 92 0 0 1-200 0z"),
            box(162, 130, 76, 216, 38) + cord("M92 186h216", 12) + disc(200, 312, 11),
            corners((112, 180), (288, 180), (366, 30), (34, 30)) + shape("M216 192h84a100 92 0 0 1-84 90z"),
        ),
    },
    "teal-red": {
        "canvas-tote": Plates(
            corners((105, 150), (295, 150), (309, 330), (91, 330)),
            cord("M150 165c-8-120 108-120 100 0", 13) + star(200, 246, 46),
            corners((230, 150), (295, 150), (309, 330), (239, 330)) + ground(125, 340),
        ),
        "tea-towel": Plates(
            box(118, 92, 164, 226) + cord("".join(f"M{124 + 19 * i} 318v16" for i in range(9)), 5),
            box(64, 78, 272, 16, 8) + disc(72, 86, 15) + disc(328, 86, 15) + box(118, 244, 164, 14)
            + box(118, 268, 164, 26)
            + box(138, 92, 10, 152),
            box(214, 94, 68, 224),
        ),
        "wool-throw": Plates(
            row(3, 64, lambda y: box(80 + y // 8, 118 + y, 240 - y // 4, 58, 27)),
            row(3, 64, lambda y: box(122, 118 + y, 20, 58) + box(152, 118 + y, 10, 58))
            + cord("".join(f"M{188 + 18 * i} 304v26" for i in range(6)), 7),
            row(3, 64, lambda y: box(222, 118 + y, 98 - y // 8, 58, 27)) + ground(130, 336),
        ),
        "cotton-apron": Plates(
            shape("M156 112h88c0 44 18 62 52 66v144H104V178c34-4 52-22 52-66z"),
            cord("M160 114c0-76 80-76 80 0", 9) + cord("M104 196l-52 34M296 196l52 34", 9)
            + box(150, 218, 100, 62, 6)
            + cord("M200 218v62", 5),
            shape("M214 112h30c0 44 18 62 52 66v144h-82z"),
        ),
        "cushion-cover": Plates(
            shape("M92 92q108 26 216 0q-26 108 0 216q-108-26-216 0q26-108 0-216z"),
            corners((200, 124), (276, 200), (200, 276), (124, 200)) + row(2, 216, lambda x: disc(92
            + x, 92, 13) + disc(92 + x, 308, 13)),
            shape("M206 106q52-2 102-14q-26 108 0 216q-50-12-102-13z") + disc(200, 200, 30)
            + ground(110, 330),
        ),
        "rope-basket": Plates(
            turned((146, 104), (250, 110), (318, 84))
            + cord("M98 172c-50-10-50 60-4 56M302 172c50-10 50 60 4 56", 13),
            disc(200, 146, 104, 22)
            + row(4, 38, lambda y: cord(f"M{96 + y // 9} {188 + y}q104 26 {208 - y // 5} 0", 7)),
            turned((158, 104), (250, 110), (318, 84), left=222) + ground(115, 330),
        ),
    },
    "sun-violet": {
        "ash-stool": Plates(
            disc(200, 140, 105, 32),
            corners((130, 158), (100, 333), (120, 333), (152, 165))
            + corners((270, 158), (300, 333), (280, 333), (248, 165))
            + box(192, 168, 16, 170) + box(118, 262, 164, 11),
            shape("M200 108c58 0 105 14 105 32s-47 32-105 32z") + ground(125, 342),
        ),
        "serving-board": Plates(
            box(110, 150, 180, 180, 20) + shape("M176 160V86a24 24 0 0 1 48 0v74z"),
            disc(200, 90, 11) + cord("M200 86c-14-50 44-60 34-18", 5) + box(110, 262, 180, 13)
            + box(110, 284, 180, 26),
            shape("M226 150h44a20 20 0 0 1 20 20v140a20 20 0 0 1-20 20h-44z")
            + cord("M130 182h140M130 204h140", 3),
        ),
        "spice-mill": Plates(
            turned((124, 30), (150, 48), (172, 22), (206, 46), (262, 32), (318, 62)),
            disc(200, 96, 27) + box(154, 176, 92, 13, 6) + box(146, 296, 108, 22, 5) + disc(286, 306, 8)
            + disc(308, 316, 6) + disc(106, 312, 8),
            turned((124, 30), (150, 48), (172, 22), (206, 46), (262, 32), (318, 62), left=208)
            + ground(110, 328),
        ),
        "wall-hooks": Plates(
            box(56, 138, 288, 58, 8) + corners((166, 250), (228, 250), (238, 336), (156, 336))
            + cord("M170 254q6-44 16-22q10-22 38 22", 7),
            cord("M104 168v46q0 22 22 20m66-66v46q0 22 22 20m66-66v46q0 22 22 20", 13)
            + row(3, 88, lambda x: disc(104 + x, 166, 15)),
            box(56, 166, 288, 30, 8) + corners((182, 250), (228, 250), (238, 336), (186, 336)),
        ),
        "cherry-spoon": Plates(
            disc(152, 128, 52, 68) + shape("M142 188h20l14 138a14 14 0 0 1-48 0z"),
            cord("M262 250c-4-50 10-76 44-96M298 262c4-44 6-80 8-108", 6) + disc(258, 278, 31)
            + disc(304, 290, 27) + leaf(306, 154, 52, -36),
            disc(152, 132, 36, 50) + shape("M152 200h10l14 126a14 14 0 0 1-24 10z") + ground(120, 334, 216),
        ),
        "desk-tray": Plates(
            corners((104, 150), (296, 150), (344, 280), (56, 280)) + box(56, 280, 288, 34, 4),
            corners((124, 166), (276, 166), (306, 264), (94, 264)) + box(176, 290, 48, 12, 6),
            cord("M140 250l46-72M170 252l48-74", 12) + disc(254, 226, 20) + ground(140, 326),
        ),
    },
}  # fmt: skip


def draw(slug: str, pair: str, plates: Plates) -> str:
    """One picture as SVG text. The slug decides screen angle and slip, so neighbours do not look stamped."""
    first, second = (INKS[name] for name in pair.split("-"))
    chance = hashlib.sha256(slug.encode()).digest()
    angle, slip = ANGLES[chance[0] % len(ANGLES)], SLIPS[chance[1] % len(SLIPS)]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">'
        "<style>g{mix-blend-mode:multiply;stroke-linecap:round;stroke-linejoin:round}</style>"
        '<pattern id="h" width="9" height="9" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate({angle})">'
        f'<circle cx="4.5" cy="4.5" r="2.5" fill="{second}"/></pattern>'
        f'<rect width="400" height="400" fill="{PAPERS[pair]}"/>'
        f'<g fill="{first}" stroke="{first}" stroke-width="0">{plates.first}</g>'
        f'<g fill="{second}" stroke="{second}" stroke-width="0" transform="translate({slip})">'
        f"{plates.second}</g>"
        f'<g fill="url(#h)" stroke="url(#h)" stroke-width="0">{plates.dots}</g></svg>\n'
    )


def draw_all() -> dict[str, str]:
    """Every picture by its file name."""
    return {
        f"{slug}.svg": draw(slug, pair, plates)
        for pair, drawings in DRAWINGS.items()
        for slug, plates in drawings.items()
    }


def find_differences() -> list[str]:
    """The names of pictures that are missing, left over or not what this script draws."""
    folder, drawn = Path(__file__).parent, draw_all()
    there = {path.name: path.read_text() for path in folder.glob("*.svg")}
    return sorted(name for name in there.keys() | drawn.keys() if there.get(name) != drawn.get(name))


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(find_differences()) or 0)
    for name, text in draw_all().items():
        Path(__file__).with_name(name).write_text(text)
