"""Segment ink in uneven light: photographs with shadows, ruled lines or the edge of a table; pen or chalk."""

from dataclasses import dataclass

import numpy as np
import scipy  # its subpackages load on first use, so that the page starts without them
from PIL import Image

COARSE = 64**2  # pixels of the grid on which uneven light is detected
BACKGROUND = 0.1  # of the strongest contrast: the most that the background has in even light
INK = 0.85  # of the strongest contrast: the least that ink has
STEEP = 0.15  # of the strongest contrast, between neighbours on that grid: the least at the edge of a stroke
UNEVEN = 0.07  # share of the border that is neither background nor ink nor the edge of a stroke
ALONG = 0.5  # of the shorter side: least length of a table along the border
CLEAR = 0.25  # of the shorter side: least extent of a digit that does not touch the border

FINE = 256**2  # pixels of the grid on which the paper is estimated and the digit is searched
BLACKEST = 0.03  # of white: darker values are raised to it before the logarithm
REACH = 0.1  # of the longest side: half the width of the widest stroke; wider shapes are shadows
FAINTEST = 0.06  # least contrast of ink, as a difference of logarithms
NOISE = 3  # least contrast of ink, in standard deviations of the paper's grain
LADDER = 0.75  # ratio of one threshold to the one before
FAINTER = 0.6  # of the threshold for the digit's main part: the threshold for its other parts

SMALLEST = 0.15  # of the picture's shorter side: least extent of the digit's main part
TOUCH = 0.3  # of a part's extent: one with more contact with the border is not ink
APART = 0.3  # of the main part's extent: the widest gap to another part of the digit
GROWN = 1.5  # of the main part's extent: the largest part at the lower threshold
PIECE = 0.1  # of the main part's extent: the smallest part at the lower threshold
AROUND = 2  # pixels of the fine grid by which the digit's mask is dilated


@dataclass(frozen=True)
class Parts:
    """The connected parts of a mask (H, W), neighbours by sides and corners.

    Attributes:
        labels: (H, W), the number of each pixel's part, from 1; 0 where the mask is false.
        size: (parts,) pixels.
        low: (parts, 2), the first row and column of each part.
        high: (parts, 2), the last row and column.
        contact: (parts,) pixels on the picture's border.
    """

    labels: np.ndarray
    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    contact: np.ndarray

    @property
    def extent(self) -> np.ndarray:
        """The longest side of each part, (parts,) pixels."""
        return (self.high - self.low).max(axis=1, initial=0) + 1

    def mask_of(self, select: np.ndarray) -> np.ndarray:
        """Return the mask (H, W) of the parts for which `select` (parts,) is true."""
        return np.append(False, select)[self.labels]


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


def downsample_contrast(contrast: np.ndarray) -> np.ndarray:
    """Downsample contrast (H, W) by averaging and divide by its maximum, (h, w) in [0, 1]."""
    coarse = downsample(contrast[..., None], COARSE)[..., 0]
    return coarse / max(coarse.max(), np.finfo(np.float32).tiny)


def uneven_contrast(colours: np.ndarray) -> np.ndarray:
    """Contrast of ink to the paper around it in (H, W, C), (H, W), 0 outside the digit.

    Brightness is light times reflectance, so ink is a step in its logarithm. A morphological closing (Serra, "Image
    Analysis and Mathematical Morphology", 1982, chapter 2) estimates the paper without ink: it fills strokes narrower
    than its square and keeps changes of light, slow or sudden.
    """
    logarithm = np.log(np.maximum(colours, BLACKEST))
    fine = downsample(logarithm, FINE)
    reach = max(2, round(REACH * max(fine.shape[:2])))
    sign = -1 if ink_is_bright(fine.mean(axis=2), reach) else 1
    paper = sign * scipy.ndimage.grey_closing(sign * fine, (2 * reach + 1, 2 * reach + 1, 1), mode="nearest")
    digit = scipy.ndimage.maximum_filter(find_digit((sign * (paper - fine)).mean(axis=2)), 2 * AROUND + 1)
    near = upsample(digit[..., None], colours.shape)[..., 0] > 0
    # The share of the paper's light that ink absorbs, or that chalk adds: half for a pixel that is half ink.
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
    """Find the digit by its contrast (H, W), a mask (H, W); empty if there is no digit.

    The main part of the digit is the connected part with the best product of extent and threshold. It is neither
    a table along the border nor a line across the page.
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
    """Select parts along the border, like a table, or from side to side, like ruled lines, (parts,) bool."""
    sides = (parts.low == 0).sum(axis=1) + (parts.high == np.subtract(shape, 1)).sum(axis=1)
    return (sides > 1) | (parts.contact > TOUCH * parts.extent)


def label_parts(mask: np.ndarray) -> Parts:
    """Label and measure the connected parts of a mask (H, W)."""
    labels, count = scipy.ndimage.label(mask, np.ones((3, 3)))
    boxes = [(y.start, x.start, y.stop - 1, x.stop - 1) for y, x in scipy.ndimage.find_objects(labels)]
    low, high = np.array(boxes, int).reshape(-1, 2, 2).swapaxes(0, 1)  # (parts, 2) each
    outermost = labels.copy()
    outermost[1:-1, 1:-1] = 0
    size, contact = (np.bincount(pixels.ravel(), minlength=count + 1)[1:] for pixels in (labels, outermost))
    return Parts(labels, size, low, high, contact)


def local_mean(values: np.ndarray, reach: int) -> np.ndarray:
    """Mean of (H, W) over the part of a square inside the picture, `reach` pixels to each side, (H, W) float32."""
    total, count = (
        scipy.ndimage.uniform_filter(each, 2 * reach + 1, np.float64, mode="constant")
        for each in (values, np.ones(values.shape))
    )
    return (total / count).astype(np.float32)


def border(values: np.ndarray) -> np.ndarray:
    """Return the pixels on the picture's border, (n, ...)."""
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
