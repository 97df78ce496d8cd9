"""Separate the ink in a picture from its background, for any colours, polarity and size."""

import numpy as np
import scipy
from numpy.typing import ArrayLike

from vit.ink.uneven_light import border, downsample, has_border_clutter, has_light_falloff, uneven_contrast

MAX_PIXELS = 512 * 512  # a larger picture is reduced, to limit the time
MIN_CONTRAST = 0.04  # of the range from black to white: about the contrast of a hard pencil
FAINT = 0.1  # share of the strongest contrast that ink exceeds ...
NOISE = 6  # ... and multiple of the background's median contrast: four standard deviations of grey noise
UNEVEN_FAINT = 0.25  # the same share in uneven light, where paper has lines, grain and stains
FULL = 0.9  # quantile of the ink's contrast that is mapped to white
SPECK = 0.02  # of the largest part's pixels: a smaller connected part is a speck
DOT_PIXELS = 3  # smallest extent, and smallest number of pixels, of a digit

ONE_COLOUR = "There is no digit to see: the picture is all one colour."
ONLY_NOISE = "There is no digit to see: the picture shows nothing but noise or uneven light."
NOT_FINITE = "Every {} should be a finite number, but one is NaN or infinite."


def prepare_image(image: ArrayLike) -> np.ndarray:
    """Validate a picture, reduce a large one and scale its values to [0, 1], (H, W, C) float32.

    Raises:
        ValueError: it is not an array of numbers with height, width and 1 to 4 channels, or it has NaN.
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
    return np.clip(downsample(values, MAX_PIXELS) / white_level(values), 0, 1)


def white_level(values: np.ndarray) -> float:
    """Return the value of white: by the dtype or, for floats and signed integers, by the largest value.

    Unsigned integers that are all 0 or 1 are a bitmap.
    """
    if values.dtype.kind in "bu":
        return 1 if values.max() <= 1 else float(np.iinfo(values.dtype).max)
    return 1 if values.max() < 2 else 255


def segment_ink(image: np.ndarray) -> np.ndarray:
    """Segment the ink in a picture (H, W, C), (H, W) float32 in [0, 1], exactly 0 outside ink.

    Raises:
        ValueError: the picture has only one colour, or shows only noise or uneven light.
    """
    contrast, faint = background_contrast(image)
    if contrast.max() < MIN_CONTRAST:
        raise ValueError(ONE_COLOUR)
    mask = remove_specks(contrast > max(faint * contrast.max(), NOISE * noise_level(contrast)))
    if not mask.any():
        raise ValueError(ONLY_NOISE)
    return np.where(mask, np.minimum(contrast / np.quantile(contrast[mask], FULL), 1), 0).astype(np.float32)


def background_contrast(image: np.ndarray) -> tuple[np.ndarray, float]:
    """Compute the contrast to the background, (H, W), and the threshold of ink as a share of the maximum."""
    with_alpha = image.shape[2] % 2 == 0
    colours, alpha = (image[..., :-1], image[..., -1:]) if with_alpha else (image, np.ones_like(image[..., :1]))
    contrast = distance(colours, background(colours))
    if np.ptp(alpha) >= MIN_CONTRAST:
        around, visible = background(alpha), contrast * alpha[..., 0]
        return visible if around > 0.5 and visible.max() >= MIN_CONTRAST else distance(alpha, around), FAINT
    uneven = local_contrast(colours, contrast) if contrast.max() >= MIN_CONTRAST else None
    return (contrast, FAINT) if uneven is None else (uneven, UNEVEN_FAINT)


def local_contrast(colours: np.ndarray, contrast: np.ndarray) -> np.ndarray | None:
    """Compute the contrast (H, W) to the paper around each pixel; None if the light is even.

    Raises:
        ValueError: the light falls off and there is no ink.
    """
    falls_off = has_light_falloff(contrast)
    uneven = uneven_contrast(colours) if falls_off or has_border_clutter(contrast) else np.zeros(0)
    if falls_off and not uneven.any():
        raise ValueError(ONLY_NOISE)
    return uneven if uneven.any() else None


def background(values: np.ndarray) -> np.ndarray:
    """Estimate the background's colour (C,) of (H, W, C): the median of the border pixels that are not ink.

    The border is first split into two classes, halfway between the darkest and the brightest value, and the larger
    class is the background. In a tightly cropped picture, ink and the edges of strokes may cover so much of the
    border that its plain median is neither ink nor background.
    """
    # One axis after the other: both at once take a hundred times longer.
    low, high = values.min(axis=0).min(axis=0), values.max(axis=0).max(axis=0)
    channel = (high - low).argmax()
    outside = border(values)
    bright = outside[:, channel] > (low + high)[channel] / 2
    return np.median(outside[bright == (bright.mean() > 0.5)], axis=0)


def distance(values: np.ndarray, colour: np.ndarray) -> np.ndarray:
    """Root mean square distance of each pixel of (H, W, C) to a colour (C,), (H, W)."""
    away = values - colour
    return np.sqrt(np.einsum("hwc,hwc->hw", away, away) / away.shape[2])


def noise_level(contrast: np.ndarray) -> float:
    """Return the median contrast of the background: of pixels below half of the strongest contrast."""
    return float(np.median(contrast[contrast <= contrast.max() / 2]))


def remove_specks(mask: np.ndarray) -> np.ndarray:
    """Remove connected parts of a mask (H, W) that are tiny, or tiny beside the largest."""
    labels, _ = scipy.ndimage.label(mask, np.ones((3, 3)))
    size = np.bincount(labels[mask], minlength=1)  # (parts + 1,), no pixels of part 0, the background
    return (size >= max(DOT_PIXELS, SPECK * size.max()))[labels]
