"""Segment ink in uneven light: photographs with shadows, ruled lines or the edge of a table; pen or chalk."""

import numpy as np
import scipy  # its subpackages load on first use, so that the page starts without them
from PIL import Image

from vit.ink.parts import Parts, label_parts

COARSE = 64**2  # pixels of the grid on which uneven light is detected
BACKGROUND = 0.1  # of the strongest contrast: largest contrast of the background in even light
INK = 0.85  # of the strongest contrast: least contrast of ink
STEEP = 0.15  # of the strongest contrast: least step between neighbours of that grid at the edge of a stroke
UNEVEN = 0.07  # in uneven light, least share of the border that is neither background nor ink nor the edge of a stroke
ALONG = 0.5  # of the shorter side: least length of a table along the border
SHADE = 0.7  # of the strongest contrast: least contrast of a shadow that looks like ink
BROAD = 0.15  # of the longer side: most strokes are narrower
CLEAR = 0.25  # of the shorter side: least extent of a digit that does not touch the border

FINE = 256**2  # pixels of the grid on which the paper is estimated and the digit is searched
BLACKEST = 0.03  # of white: darker values become this one before the logarithm
REACH = 0.1  # of the longest side: half the width of the widest stroke; a wider shape is a shadow
FAINTEST = 0.06  # least contrast of ink, as a difference of logarithms
NOISE = 3  # least contrast of ink, in standard deviations of the paper's grain
LADDER = 0.75  # ratio of each threshold that is tried to the one before
FAINTER = 0.6  # of the threshold for the digit's main part: the threshold for its other parts

SMALLEST = 0.15  # of the picture's shorter side: least extent of the digit's main part
TOUCH = 0.3  # of its extent: a part with a longer contact with the border is not ink
APART = 0.3  # of the main part's extent: widest gap to another part of the digit
GROWN = 1.5  # of the main part's extent: largest extent of a part at the lower threshold
PIECE = 0.1  # of the main part's extent: least extent of a part at the lower threshold
AROUND = 2  # pixels of the fine grid, by which the digit's mask is dilated


def has_light_falloff(contrast: np.ndarray) -> bool:
    """Detect light falloff: flat areas on the border that are neither background nor ink.

    Stroke edges also lie between the two, but they are steep. False positives: 3 of 4,200 tightly
    cropped scans of MNIST digits, at 16 to 200 pixels.

    Args:
        contrast: (H, W), distance of each pixel to the background's colour.
    """
    coarse = downsample_contrast(contrast)
    flat = scipy.ndimage.morphological_gradient(coarse, 3, mode="nearest") < STEEP
    between = (coarse > BACKGROUND) & (coarse < INK)
    inner = (flat & between)[1:-1, 1:-1]  # where each pixel has neighbours on all sides
    return bool(inner.size and border(inner).mean() > UNEVEN)


def has_border_clutter(contrast: np.ndarray) -> bool:
    """Detect a table or the lit side of a shadow along the border, beside a digit that does not touch the border.

    False positives: none of the scans in `has_light_falloff`.

    Args:
        contrast: (H, W), distance of each pixel to the background's colour.
    """
    mask = downsample_contrast(contrast) > BACKGROUND
    parts = label_parts(mask)
    along, clear = (share * min(mask.shape) for share in (ALONG, CLEAR))
    return bool((parts.contact >= along).any() and (parts.extent[parts.contact == 0] >= clear).any())


def has_wide_shade(contrast: np.ndarray) -> bool:
    """Detect a shadow or its lit side: a part wider than a stroke that touches the border along one piece.

    A digit that is cut to its bounding box touches the border at several places.

    Args:
        contrast: (H, W), distance of each pixel to the background's colour.
    """
    mask = downsample_contrast(contrast) > SHADE
    parts = label_parts(mask)
    for at in np.flatnonzero(parts.contact >= ALONG * min(mask.shape)):
        own = parts.labels == at + 1
        around = np.concatenate((own[0], own[1:, -1], own[-1, -2::-1], own[-2:0:-1, 0]))  # clockwise
        pieces = int((around & ~np.roll(around, 1)).sum())
        width = 2 * scipy.ndimage.distance_transform_edt(np.pad(own, 1)).max()
        if pieces == 1 and width > BROAD * max(mask.shape):
            return True
    return False


def is_clear(contrast: np.ndarray) -> bool:
    """Tell whether the largest part of contrast (H, W) does not touch the border."""
    parts = label_parts(contrast > 0)
    return bool(parts.contact[parts.size.argmax()] == 0)


def downsample_contrast(contrast: np.ndarray) -> np.ndarray:
    """Downsample contrast (H, W) by averaging and divide by its maximum, (h, w) in [0, 1]."""
    coarse = downsample(contrast[..., None], COARSE)[..., 0]
    return coarse / max(coarse.max(), np.finfo(np.float32).tiny)


def uneven_contrast(colours: np.ndarray) -> np.ndarray:
    """Contrast (H, W) of ink to the paper around it in a picture (H, W, C), 0 outside the digit.

    Brightness is light times reflectance, so ink is a step in its logarithm. A morphological closing (Serra, "Image
    Analysis and Mathematical Morphology", 1982, chapter 2) estimates the paper without ink: it fills strokes that are
    narrower than its square, and preserves slow and sudden changes of light.
    """
    logarithm = np.log(np.maximum(colours, BLACKEST))
    fine = downsample(logarithm, FINE)
    reach = max(2, round(REACH * max(fine.shape[:2])))
    sign = -1 if ink_is_bright(fine.mean(axis=2), reach) else 1
    paper = sign * scipy.ndimage.grey_closing(sign * fine, (2 * reach + 1, 2 * reach + 1, 1), mode="nearest")
    digit = scipy.ndimage.maximum_filter(find_digit((sign * (paper - fine)).mean(axis=2)), 2 * AROUND + 1)
    near = upsample(digit[..., None], colours.shape)[..., 0] > 0
    # The share of the paper's light that ink absorbs, or that chalk adds; it is a half in a pixel that is half ink.
    stands_out = 1 - np.exp(logarithm - upsample(paper, colours.shape))
    return np.sqrt((stands_out**2).mean(axis=2)) * near


def ink_is_bright(logarithm: np.ndarray, reach: int) -> bool:
    """Detect ink brighter than paper: positive skewness of the brightness, relative to the local mean.

    Thin strokes need a small neighbourhood, thick strokes a large one.
    """
    skewness = 0.0
    for size in (max(1, reach // 3), 2 * reach):
        away = logarithm - local_mean(logarithm, size)
        skewness += float((away**3).mean() / (away**2).mean() ** 1.5)
    return skewness > 0


def find_digit(contrast: np.ndarray) -> np.ndarray:
    """Find the digit in contrast (H, W); return a mask (H, W), which is empty if there is no digit.

    The main part of the digit is the connected part with the largest product of its extent and a power of the
    threshold. It is neither a table along the border nor a line across the page.
    """
    contrast = contrast - np.median(contrast)
    grain = 1.4826 * np.median(np.abs(contrast))
    threshold, least = float(np.quantile(contrast, 0.999)), max(FAINTEST, NOISE * grain)
    main, at, best = np.zeros(contrast.shape, bool), threshold, 0.0
    while threshold > least:
        mask = contrast > threshold
        parts = label_parts(mask)
        fits = (parts.extent >= SMALLEST * min(mask.shape)) & ~is_clutter(parts, mask.shape)
        score = parts.extent * fits * threshold**0.75
        if score.max(initial=0) > best:
            main, at, best = parts.mask_of(np.arange(len(score)) == score.argmax()), threshold, score.max()
        threshold *= LADDER
    return main | find_pieces(contrast > FAINTER * at, main) if best else main


def find_pieces(mask: np.ndarray, main: np.ndarray) -> np.ndarray:
    """Select the parts of a mask that belong to the digit with this main part; both (H, W)."""
    parts, digit = label_parts(mask), label_parts(main)
    extent = digit.extent[0]
    gap = np.maximum(parts.low - digit.high[0], digit.low[0] - parts.high).max(axis=1)
    fits = (parts.extent > PIECE * extent) & (parts.extent <= GROWN * extent) & (gap <= APART * extent)
    return parts.mask_of(fits & ~is_clutter(parts, mask.shape))


def is_clutter(parts: Parts, shape: tuple[int, ...]) -> np.ndarray:
    """Select the parts along the border, like a table, or from side to side, like rules, (parts,) bool."""
    sides = (parts.low == 0).sum(axis=1) + (parts.high == np.subtract(shape, 1)).sum(axis=1)
    return (sides > 1) | (parts.contact > TOUCH * parts.extent)


def local_mean(values: np.ndarray, reach: int) -> np.ndarray:
    """Mean of values (H, W) over the square of `reach` pixels to each side, as far as it is inside, (H, W) float32."""
    total, count = (
        scipy.ndimage.uniform_filter(each, 2 * reach + 1, np.float64, mode="constant")
        for each in (values, np.ones(values.shape))
    )
    return (total / count).astype(np.float32)


def border(values: np.ndarray) -> np.ndarray:
    """Return the pixels on the border of (H, W, ...), (n, ...)."""
    return np.concatenate((values[0], values[-1], values[1:-1, 0], values[1:-1, -1]))


def downsample(values: np.ndarray, pixels: int) -> np.ndarray:
    """Downsample (H, W, C) to about `pixels` pixels at most, by averaging square blocks, (H', W', C) float32."""
    height, width, channels = values.shape
    block = min(int(np.ceil(np.sqrt(height * width / pixels))), height, width)
    if block <= 1:
        return values.astype(np.float32)
    rows, columns = height // block, width // block
    bands = values[: rows * block, : columns * block].reshape(rows, block, -1).sum(axis=1, dtype=np.float32)
    return bands.reshape(rows, columns, block, channels).sum(axis=2) / block**2


def upsample(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Upsample (h, w, C) to the height and width of `shape`, bilinear, (H, W, C) float32."""
    size = shape[1], shape[0]
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in np.moveaxis(values, 2, 0)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BILINEAR)) for plane in planes], axis=2)
