"""A tenant's colour, made legible: one accent for light paper, one computed for dark.

Contrast is WCAG 2.2's (relative luminance); 4.5:1 is its AA for text, and what `legible` guarantees on every surface of ours.
"""

import colorsys
import re

PAPER, NIGHT = "#ffffff", "#15171a"
DEFAULT_ACCENT = "#0b6148"
# 4.5 and some room, because the accent also stands on tinted surfaces; on dark, thin type asks for more.
ON_PAPER, ON_NIGHT = 5.2, 7.0
HEX = re.compile(r"#[0-9a-fA-F]{6}")


def _channels(colour: str) -> tuple[float, float, float]:
    if not HEX.fullmatch(colour):
        raise ValueError(f"not a colour of the form #rrggbb: {colour!r}")
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def luminance(colour: str) -> float:
    """Return WCAG's relative luminance, 0 (black) to 1 (white), of `#rrggbb`."""
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in _channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def legible(accent: str, paper: str, enough: float) -> str:
    """Return `accent`, or the nearest lightness of the same hue whose contrast with `paper` is `enough`."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(accent))
    step = -0.01 if luminance(paper) > 0.5 else 0.01
    colour = accent.lower()
    while contrast(colour, paper) < enough:
        lightness += step
        red, green, blue = colorsys.hls_to_rgb(hue, lightness, saturation)
        colour = f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
    return colour


def theme_css(accent: str) -> str:
    """Return the stylesheet of a tenant: its accent and nothing else.

    Args:
        accent: `#rrggbb`. One too pale for white paper is darkened, so a theme can never hide a button.

    Raises:
        ValueError: the text is not a colour.
    """
    return (
        f":root{{--accent:{legible(accent, PAPER, ON_PAPER)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{legible(accent, NIGHT, ON_NIGHT)}}}}}"
    )
