"""Tell the ink in a picture from its background, whatever the colours, the polarity and the size."""

import numpy as np
from numpy.typing import ArrayLike

from vit.light import border, connected_parts, lies_beside, light_falls_off, reduced, uneven_contrast

MAX_PIXELS = 512 * 512  # bounds the time that a big picture takes
MIN_CONTRAST = 0.04  # of the way from black to white: about what a hard pencil leaves
FAINT = 0.1  # ink is what has more than this share of the strongest contrast ...
NOISE = 6  # ... and than this many times the background's median contrast: four standard deviations of grey noise
UNEVEN_FAINT = 0.25  # the share where the light is uneven, for paper then has lines, a grain and stains
FULL = 0.9  # the quantile of the inked pixels' contrast that becomes white
SPECK = 0.02  # connected ink with less than this share of the largest part's pixels is a speck
DOT_PIXELS = 3  # nor can a picture show a digit in fewer pixels than this

ONE_COLOUR = "There is no digit to see: the picture is all one colour."
ONLY_NOISE = "There is no digit to see: the picture shows nothing but noise or uneven light."
NOT_FINITE = "Every {} should be a finite number, but one is NaN or infinite."


def as_picture(image: ArrayLike) -> np.ndarray:
    """Check the picture, reduce a big one and bring its values to [0, 1]: (H, W, channels) float32.

    Raises:
        ValueError: it is no array of numbers with height, width and 1 to 4 channels, or it has NaN.
    """
    try:
        values = np.asarray(image)
    except ValueError:
        raise ValueError("A picture should be an array, but its rows differ in length.") from None
    shape, values = values.shape, values[..., None] if values.ndim == 2 else values
    if values.ndim != 3 or values.shape[2] not in (1, 2, 3, 4) or not values.size:
        raise ValueError(f"A picture should be height x width, or with 1 to 4 channels besides, got the shape {shape}.")
    if values.dtype.kind not in "buif":
        raise ValueError(f"Every pixel of a picture should be a number, got {values.dtype}.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise ValueError(NOT_FINITE.format("pixel of a picture"))
    return np.clip(reduced(values, MAX_PIXELS) / white_of(values), 0, 1)


def white_of(values: np.ndarray) -> float:
    """Return the value of full brightness; for floats and signed integers it shows in the largest value alone.

    A picture of unsigned integers that are all 0 and 1 is a bitmap.
    """
    if values.dtype.kind in "bu":
        return 1 if values.max() <= 1 else float(np.iinfo(values.dtype).max)
    return 1 if values.max() < 2 else 255


def ink_of(image: np.ndarray) -> np.ndarray:
    """Tell ink from background in (H, W, channels): (H, W) float32 in [0, 1], exactly 0 where there is none.

    Raises:
        ValueError: the picture is of one colour throughout, or shows only noise or uneven light.
    """
    contrast, faint = contrast_of(image)
    if contrast.max() < MIN_CONTRAST:
        raise ValueError(ONE_COLOUR)
    mask = without_specks(contrast > max(faint * contrast.max(), NOISE * noise_of(contrast)))
    if not mask.any():
        raise ValueError(ONLY_NOISE)
    return np.where(mask, np.minimum(contrast / np.quantile(contrast[mask], FULL), 1), 0).astype(np.float32)


def contrast_of(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Measure how far each pixel is from the background, (H, W), and say what share of the most is still ink."""
    with_alpha = image.shape[2] % 2 == 0
    colours, alpha = (image[..., :-1], image[..., -1:]) if with_alpha else (image, np.ones_like(image[..., :1]))
    contrast = distance(colours, background(colours))
    if np.ptp(alpha) >= MIN_CONTRAST:
        around, seen = background(alpha), contrast * alpha[..., 0]
        return seen if around > 0.5 and seen.max() >= MIN_CONTRAST else distance(alpha, around), FAINT
    found = in_uneven_light(colours, contrast) if contrast.max() >= MIN_CONTRAST else None
    return (contrast, FAINT) if found is None else (found, UNEVEN_FAINT)


def in_uneven_light(colours: np.ndarray, contrast: np.ndarray) -> np.ndarray | None:
    """Return what stands out (H, W) where the light is uneven, and None where it is even, for all that can be told.

    Raises:
        ValueError: nothing stands out in light that surely falls off.
    """
    falls_off = light_falls_off(contrast)
    found = uneven_contrast(colours) if falls_off or lies_beside(contrast) else np.zeros(0)
    if falls_off and not found.any():
        raise ValueError(ONLY_NOISE)
    return found if found.any() else None


def background(values: np.ndarray) -> np.ndarray:
    """Return the background's colour (C,) in (H, W, C): what most of the border shows, all that is nearer to ink aside.

    In a picture that was cut tight, ink and the edges of strokes may cover so much of the border that its median alone
    would be neither.
    """
    # One axis after the other: both at once would take a hundred times longer.
    low, high = values.min(axis=0).min(axis=0), values.max(axis=0).max(axis=0)
    channel = (high - low).argmax()
    outside = border(values)
    bright = outside[:, channel] > (low + high)[channel] / 2
    return np.median(outside[bright == (bright.mean() > 0.5)], axis=0)


def distance(values: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Measure how far each pixel of (H, W, C) is from a colour (C,): (H, W)."""
    away = values - colour
    return np.sqrt(np.einsum("hwc,hwc->hw", away, away) / away.shape[2])


def noise_of(contrast: np.ndarray) -> float:
    """Return the median contrast of what is no ink."""
    return float(np.median(contrast[contrast <= contrast.max() / 2]))


def without_specks(mask: np.ndarray) -> np.ndarray:
    """Drop the connected parts of the ink that are tiny, or tiny beside the largest."""
    parts = connected_parts(mask)
    return parts.chosen(parts.size >= max(DOT_PIXELS, SPECK * parts.size.max(initial=0)))
