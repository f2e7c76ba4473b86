"""What the styles of a workbook do to a cell: show it as a date, strike it through, or leave nothing of it to see."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from xml.etree import ElementTree

from cvtr_widgets.selection.excel_xml import is_on

Colour = tuple[int, int, int]
_WHITE: Final = (255, 255, 255)
_BLACK: Final = (0, 0, 0)
_SEEN_FROM: Final = 16
"""From so much difference in one of red, green and blue (of 255) on, text can be told from what is behind it."""
INVISIBLE: Final = "is written in the colour of its cell, so Excel does not show it: give it another colour to take it"
UNSEEN: Final = "is hidden by the number format of its cell: show it to take it"


class Look(NamedTuple):
    """What one style does: ``unseen`` says what its number format does not show (``all``, ``numbers`` or nothing)."""

    dated: bool = False
    struck: bool = False
    unseen: str = ""
    invisible: bool = False


PLAIN: Final = Look()


class Styles:
    """The styles of a workbook (its part of styles, None where it has none, and of its theme's colours)."""

    def __init__(self, tree: ElementTree.Element | None, theme: ElementTree.Element | None) -> None:
        tree = ElementTree.Element("styleSheet") if tree is None else tree
        self._theme = _theme_colours(theme)
        self.looks = self._looks(tree)
        self.hiding = self._hiding(tree)

    def _looks(self, tree: ElementTree.Element) -> list[Look]:
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        formats = {int(e.get("numFmtId", "0")): e.get("formatCode", "") for e in all_of(tree, "numFmt")}
        fonts = [e for holder in all_of(tree, "fonts") for e in holder]
        fills = [self._fill(e) for holder in all_of(tree, "fills") for e in holder]
        made = []
        for holder in all_of(tree, "cellXfs"):
            for e in holder:
                number, font, fill = (int(e.get(name, "0")) for name in ("numFmtId", "fontId", "fillId"))
                code = formats.get(number, BUILTIN_FORMATS.get(number, ""))
                own = fonts[font] if font < len(fonts) else None
                behind = fills[fill] if fill < len(fills) else _WHITE
                invisible = own is not None and _same(self._ink(own, _BLACK), behind)
                made.append(Look(bool(is_date_format(code)), own is not None and _strikes(own), unseen_by(code), invisible))
        return made

    def _hiding(self, tree: ElementTree.Element) -> dict[int, bool]:
        """Numbers of the formats of rules that hide a cell -> whether they strike it through."""
        made: dict[int, bool] = {}
        for holder in all_of(tree, "dxfs"):
            for number, e in enumerate(holder):
                if (strikes := self.strikes_if_hidden(e)) is not None:
                    made[number] = strikes
        return made

    def strikes_if_hidden(self, form: ElementTree.Element) -> bool | None:
        """Whether the format of a rule strikes a cell through; None where it leaves all to be seen."""
        font = next(all_of(form, "font"), None)
        strikes = font is not None and _strikes(font)
        ink = None if font is None else self._ink(font, None)
        behind = next((self._colour(c) for c in all_of(form, "bgColor")), _WHITE)
        unseen = any(unseen_by(f.get("formatCode", "")) for f in all_of(form, "numFmt"))
        return strikes if strikes or unseen or _same(ink, behind) else None

    def _ink(self, font: ElementTree.Element, default: Colour | None) -> Colour | None:
        given = next((e for e in font if local(e.tag) == "color"), None)
        return default if given is None or is_on(given.get("auto")) else self._colour(given)

    def _fill(self, fill: ElementTree.Element) -> Colour | None:
        """The colour of a fill; None where it is of more than one."""
        pattern = next(all_of(fill, "patternFill"), None)
        kind = None if pattern is None else pattern.get("patternType", "none")
        if kind == "none":
            return _WHITE
        given = next(all_of(fill, "fgColor"), None) if kind == "solid" else None
        return None if given is None else self._colour(given)

    def _colour(self, e: ElementTree.Element) -> Colour | None:
        """A colour as red, green and blue; None where it cannot be told."""
        from openpyxl.styles.colors import COLOR_INDEX

        colour: Colour | None = None
        if (rgb := e.get("rgb")) is not None:
            colour = _of_digits(rgb[-6:])
        elif (theme := e.get("theme")) is not None:
            colour = self._theme[int(theme)] if int(theme) < len(self._theme) else None
        elif (indexed := e.get("indexed")) is not None:
            place = int(indexed)
            # Above the palette stand the colours of the window: 64 is its text, 65 its background.
            colour = {64: _BLACK, 65: _WHITE}.get(place)
            colour = _of_digits(COLOR_INDEX[place][-6:]) if colour is None and place < len(COLOR_INDEX) else colour
        return None if colour is None else _tinted(colour, float(e.get("tint", "0")))


def unseen_by(code: str) -> str:
    """What a number format does not show: nothing of it (;;;), numbers only (;;), or nothing is hidden (empty)."""
    sections = [part.strip() for part in code.replace('""', "").split(";")]
    if len(sections) < 2 or sections[0]:
        return ""
    return "all" if len(sections) > 3 and not sections[3] else "numbers"


def local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def all_of(tree: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """All elements of a name, in any namespace."""
    return (e for e in tree.iter() if local(e.tag) == name)


def place_of(reference: str) -> int:
    """The place of a cell's column, from 0: 1 for ``B7``."""
    place = 0
    for letter in reference:
        if not letter.isalpha():
            break
        place = place * 26 + ord(letter) - 64
    return place - 1


def _strikes(font: ElementTree.Element) -> bool:
    return any(local(e.tag) == "strike" and is_on(e.get("val", "1")) for e in font)


def _same(one: Colour | None, other: Colour | None) -> bool:
    return one is not None and other is not None and max(abs(a - b) for a, b in zip(one, other, strict=True)) < _SEEN_FROM


def _of_digits(digits: str) -> Colour | None:
    if re.fullmatch(r"[0-9A-Fa-f]{6}", digits) is None:
        return None
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _tinted(colour: Colour, tint: float) -> Colour:
    if not tint:
        return colour
    hue, light, saturation = colorsys.rgb_to_hls(*(part / 255 for part in colour))
    light = light * (1 + tint) if tint < 0 else light * (1 - tint) + tint
    red, green, blue = colorsys.hls_to_rgb(hue, min(1.0, max(0.0, light)), saturation)
    return round(red * 255), round(green * 255), round(blue * 255)


def _theme_colours(theme: ElementTree.Element | None) -> Sequence[Colour | None]:
    """The colours of a theme by their numbers; without one, those that Office begins with: the window's, white and black."""
    scheme = None if theme is None else next(all_of(theme, "clrScheme"), None)
    if scheme is None:
        return _WHITE, _BLACK
    made = []
    for e in scheme:
        given = next((c for c in e if local(c.tag) in {"srgbClr", "sysClr"}), None)
        made.append(None if given is None else _of_digits(given.get("lastClr") or given.get("val") or ""))
    # The file lists dark before light; the numbers have light first.
    return [*(made[i] for i in (1, 0, 3, 2) if i < len(made)), *made[4:]]
