"""Separate the ink in a picture from its background, for any colours, polarity and size."""

import numpy as np
from numpy.typing import ArrayLike

from vit.ink.clutter import select_strokes, without_frames, without_rules
from vit.ink.edge_frames import inside_frames
from vit.ink.parts import label_parts
from vit.ink.uneven_light import (
    border,
    downsample,
    has_border_clutter,
    has_light_falloff,
    has_wide_shade,
    is_clear,
    uneven_contrast,
)

MAX_PIXELS = 512 * 512  # a larger picture is reduced, to limit the time
MIN_CONTRAST = 0.04  # of the range from black to white: about the contrast of a hard pencil
FAINT = 0.1  # least contrast of ink, as a share of the strongest contrast
FAINTER = 0.3  # the same in a slender picture
UNEVEN_FAINT = 0.25  # the same in uneven light, where paper has lines, grain and stains
NOISE = 6  # least contrast of ink, in median contrasts of the background: four standard deviations of grey noise
FULL = 0.9  # quantile of the ink's contrast that is mapped to white
RING = 0.02  # of the shorter side: width of the border that shows the background
SLENDER = 0.3  # ratio of the sides: a more slender picture is no photograph, but a 1 that was cut out
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
    """Segment the ink of digits in a picture (H, W, C), (H, W) float32 in [0, 1], exactly 0 outside ink.

    The steps: crop to the inside of frames at the edge; compute the contrast to the background; remove other frames and
    rules; if the light is uneven, compute the contrast to the paper around each pixel; select the parts that are
    strokes.

    Raises:
        ValueError: the picture has only one colour, or shows only noise or uneven light.
    """
    inside = inside_frames(image)
    contrast, mask = strokes_of(image[inside])
    ink = np.zeros(image.shape[:2], np.float32)
    ink[inside] = np.where(mask, np.minimum(contrast / np.quantile(contrast[mask], FULL), 1), 0)
    return ink


def strokes_of(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the contrast (H, W) of a picture (H, W, C), and the mask (H, W) of its strokes.

    Raises:
        ValueError: as `segment_ink`.
    """
    colours, alpha = split_alpha(image)
    contrast = without_lines(background_contrast(colours, alpha), FAINT)
    if contrast.max() < MIN_CONTRAST:
        raise ValueError(ONE_COLOUR)
    faint, uneven = FAINT, local_contrast(colours, contrast) if np.ptp(alpha) < MIN_CONTRAST else None
    if uneven is not None:
        faint, contrast = UNEVEN_FAINT, without_lines(uneven, UNEVEN_FAINT)
    mask = select_strokes(remove_specks(contrast > ink_threshold(contrast, faint)))
    if not mask.any():
        raise ValueError(ONLY_NOISE)
    return contrast, mask


def split_alpha(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split a picture (H, W, C) into colours (H, W, 1 or 3) and opacity (H, W, 1), which is 1 if it has no alpha."""
    return (image[..., :-1], image[..., -1:]) if image.shape[2] % 2 == 0 else (image, np.ones_like(image[..., :1]))


def background_contrast(colours: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Compute the contrast (H, W) of colours (H, W, C) to the background, or of the opacity (H, W, 1) if it has ink."""
    contrast = distance(colours, background(colours))
    if np.ptp(alpha) < MIN_CONTRAST:
        return contrast
    around, visible = background(alpha), contrast * alpha[..., 0]
    return visible if around > 0.5 and visible.max() >= MIN_CONTRAST else distance(alpha, around)


def without_lines(contrast: np.ndarray, faint: float) -> np.ndarray:
    """Remove frames inside the picture, rules and axes from contrast (H, W)."""
    if contrast.max() < MIN_CONTRAST:
        return contrast
    threshold = ink_threshold(contrast, faint)
    return without_rules(without_frames(contrast, threshold), threshold)


def ink_threshold(contrast: np.ndarray, faint: float) -> float:
    """Compute the least contrast of ink in contrast (H, W): `faint` of the strongest, and more than the noise."""
    if is_slender(contrast):  # only soft edges are not ink, and there is no noise
        return FAINTER * float(contrast.max())
    return max(faint * float(contrast.max()), NOISE * noise_level(contrast))


def is_slender(contrast: np.ndarray) -> bool:
    """Tell whether contrast (H, W) has the shape of a 1 that was cut out."""
    return min(contrast.shape) < SLENDER * max(contrast.shape)


def local_contrast(colours: np.ndarray, contrast: np.ndarray) -> np.ndarray | None:
    """Compute the contrast (H, W) to the paper around each pixel; None if the light is even.

    Raises:
        ValueError: the light falls off and there is no ink.
    """
    if is_slender(contrast):
        return None
    falls_off, clutter = has_light_falloff(contrast), has_border_clutter(contrast)
    wide = not (falls_off or clutter) and has_wide_shade(contrast)
    uneven = uneven_contrast(colours) if falls_off or clutter or wide else np.zeros(0)
    if falls_off and not uneven.any():
        raise ValueError(ONLY_NOISE)
    return uneven if uneven.any() and (not wide or is_clear(uneven)) else None


def background(values: np.ndarray) -> np.ndarray:
    """Estimate the background's colour (C,) of (H, W, C): the median of the border pixels that are not ink.

    The border pixels form two classes, split halfway between the darkest and the brightest value. The larger class is
    the background. A plain median would be wrong for a tightly cropped picture: ink and the edges of strokes may cover
    so much of the border that the median is neither ink nor background.
    """
    # One axis after the other: both at once would take a hundred times longer.
    low, high = values.min(axis=0).min(axis=0), values.max(axis=0).max(axis=0)
    channel = (high - low).argmax()
    depth = max(1, round(RING * min(values.shape[:2])))
    outside = np.concatenate([border(values[at : len(values) - at, at : values.shape[1] - at]) for at in range(depth)])
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
    parts = label_parts(mask)
    return parts.mask_of(parts.size >= max(DOT_PIXELS, SPECK * parts.size.max(initial=0)))
