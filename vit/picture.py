"""Tell the ink in a picture from its background, whatever the colours, the polarity and the size."""

import numpy as np
from numpy.typing import ArrayLike

MAX_PIXELS = 512 * 512  # bounds the time that a big picture takes
MIN_CONTRAST = 0.04  # of the way from black to white: about what a hard pencil leaves
FAINT = 0.1  # ink is what has more than this share of the strongest contrast ...
NOISE = 6  # ... and than this many times the border's median contrast: four standard deviations of grey noise
FULL = 0.9  # the quantile of the inked pixels' contrast that becomes white
SPECK = 0.02  # connected ink with less than this share of the largest part's pixels is a speck
DOT_PIXELS = 3  # nor can a picture show a digit in fewer pixels than this

ONE_COLOUR = "There is no digit to see: the picture is all one colour."
ONLY_NOISE = "There is no digit to see: the picture shows nothing but noise."
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
    return np.clip(reduced(values) / white_of(values), 0, 1)


def white_of(values: np.ndarray) -> float:
    """Return the value of full brightness; for floats and signed integers it shows in the largest value alone."""
    if values.dtype.kind in "bu":
        return 1 if values.dtype.kind == "b" else float(np.iinfo(values.dtype).max)
    return 1 if values.max() < 2 else 255


def reduced(values: np.ndarray) -> np.ndarray:
    """Average whole blocks of pixels, to leave about MAX_PIXELS of them at most: (H, W, channels) float32."""
    height, width, channels = values.shape
    block = min(int(np.ceil(np.sqrt(height * width / MAX_PIXELS))), height, width)
    rows, columns = height // block, width // block
    total = np.zeros((rows, columns, channels), np.float32)
    for dy, dx in np.ndindex(block, block):
        total += values[dy : rows * block : block, dx : columns * block : block]
    return total / block**2


def ink_of(image: np.ndarray) -> np.ndarray:
    """Tell ink from background in (H, W, channels): (H, W) float32 in [0, 1], exactly 0 where there is none.

    Raises:
        ValueError: the picture is of one colour throughout, or shows only noise.
    """
    contrast = contrast_of(image)
    if contrast.max() < MIN_CONTRAST:
        raise ValueError(ONE_COLOUR)
    noise = float(np.median(border(contrast)))
    mask = without_specks(contrast > max(FAINT * contrast.max(), NOISE * noise))
    if not mask.any():
        raise ValueError(ONLY_NOISE)
    return np.where(mask, np.minimum(contrast / np.quantile(contrast[mask], FULL), 1), 0).astype(np.float32)


def contrast_of(image: np.ndarray) -> np.ndarray:
    """Measure how far each pixel is from the background, which is what most of the border shows: (H, W)."""
    with_alpha = image.shape[2] % 2 == 0
    colours, alpha = (image[..., :-1], image[..., -1]) if with_alpha else (image, np.ones_like(image[..., 0]))
    contrast = np.sqrt(((colours - np.median(border(colours), axis=0)) ** 2).mean(axis=2))
    if np.ptp(alpha) < MIN_CONTRAST:
        return contrast
    around = np.median(border(alpha))
    seen = contrast * alpha
    return seen if around > 0.5 and seen.max() >= MIN_CONTRAST else np.abs(alpha - around)


def border(values: np.ndarray) -> np.ndarray:
    """Return the pixels of the picture's outermost frame, one after the other: (n, ...)."""
    return np.concatenate((values[0], values[-1], values[1:-1, 0], values[1:-1, -1]))


def without_specks(mask: np.ndarray) -> np.ndarray:
    """Drop the connected parts of the ink that are tiny, or tiny beside the largest."""
    parts = connected(mask)
    sizes = np.bincount(parts, minlength=1)
    kept = mask.copy()
    kept[mask] = (sizes >= max(DOT_PIXELS, SPECK * sizes.max()))[parts]
    return kept


def connected(mask: np.ndarray) -> np.ndarray:
    """Number the connected parts of a mask, by sides and corners: (n,), one number for each pixel of the mask."""
    (height, width), count = mask.shape, int(mask.sum())
    number = np.full((height + 1, width + 2), -1)  # with an empty row below and an empty column on either side
    number[:-1, 1:-1][mask] = np.arange(count)
    after = [number[dy : dy + height, dx : dx + width][mask] for dy, dx in ((0, 2), (1, 0), (1, 1), (1, 2))]
    pairs = np.stack([np.tile(np.arange(count), 4), np.concatenate(after)])[:, np.concatenate(after) >= 0]
    part = np.arange(count)
    while True:
        one, other = part[pairs]
        if (one == other).all():
            return part
        np.minimum.at(part, np.maximum(one, other), np.minimum(one, other))  # hook root to root
        while (part != part[part]).any():  # and let every pixel jump to its root
            part = part[part]
