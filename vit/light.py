"""Find ink on paper, or chalk on a board, in light that falls as it will: with shadows, ruled lines, a table's edge."""

from dataclasses import dataclass

import numpy as np
import scipy  # its subpackages load when first used: without a picture nobody waits for them
from PIL import Image

COARSE = 64**2  # pixels of the grid on which uneven light is noticed
BACKGROUND = 0.1  # of the most contrast: as far as even light lets the background stray
INK = 0.85  # of the most contrast: what has more is ink
STEEP = 0.15  # of the most contrast, between neighbours on that grid: the edges of strokes are steeper
UNEVEN = 0.07  # share of the border that is neither background, nor ink, nor an edge
ALONG = 0.5  # of the shorter side: as far as a table goes along the border
CLEAR = 0.25  # of the shorter side: the digit that lies clear of it

FINE = 256**2  # pixels of the grid on which the paper is estimated and the digit is looked for
BLACKEST = 0.03  # of white: below that, a ratio of brightnesses tells nothing
REACH = 0.1  # of the longest side: half of the widest stroke that is not taken for a shadow
FAINTEST = 0.06  # logarithm of the faintest ink's ratio to the paper
NOISE = 3  # standard deviations of the paper's grain that ink exceeds
LADDER = 0.75  # from one threshold to the next
FAINTER = 0.6  # of the threshold at which the digit's main part is found: there its other parts show as well

SMALLEST = 0.15  # of the picture's shorter side: the digit's main part
TOUCH = 0.3  # of its longest extent: a part that touches the border for longer lies along it
APART = 0.3  # of the main part's extent: the widest gap to another part of the digit
GROWN = 1.5  # of the main part's extent: the largest that another part, or the main part itself, may be there
PIECE = 0.1  # of the main part's extent: the smallest other part
AROUND = 2  # pixels of the fine grid that strokes reach beyond where they are surely ink


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

    def chosen(self, keep: np.ndarray) -> np.ndarray:
        """Return the mask (H, W) of the parts for which `keep` (parts,) is true."""
        return np.append(False, keep)[self.labels]


def light_falls_off(contrast: np.ndarray) -> bool:
    """Tell whether broad parts of what lies along the border are neither background nor ink.

    The edges of strokes are neither as well, but steep. A scan that was cut tight has ink and edges on its border and
    nothing else: of 4,200 such scans of MNIST digits, at 16 to 200 pixels, three are mistaken.

    Args:
        contrast: (H, W), how far each pixel is from the colour of most of the border.
    """
    coarse = coarsened(contrast)
    flat = scipy.ndimage.morphological_gradient(coarse, 3, mode="nearest") < STEEP
    between = (coarse > BACKGROUND) & (coarse < INK)
    inner = (flat & between)[1:-1, 1:-1]  # where each pixel has neighbours on all sides
    return bool(inner.size and border(inner).mean() > UNEVEN)


def lies_beside(contrast: np.ndarray) -> bool:
    """Tell whether a table or the lit side of a shadow may lie along the border (H, W), and a digit clear of it.

    Of the same scans, none is mistaken.
    """
    mask = coarsened(contrast) > BACKGROUND
    parts = connected_parts(mask)
    along, clear = (share * min(mask.shape) for share in (ALONG, CLEAR))
    return bool((parts.contact >= along).any() and (parts.extent[parts.contact == 0] >= clear).any())


def coarsened(contrast: np.ndarray) -> np.ndarray:
    """Average contrast (H, W) over larger pixels, as shares of the most that is left: (h, w) in [0, 1]."""
    coarse = reduced(contrast[..., None], COARSE)[..., 0]
    return coarse / max(coarse.max(), np.finfo(np.float32).tiny)


def uneven_contrast(colours: np.ndarray) -> np.ndarray:
    """Measure how far ink stands out from the paper around it in (H, W, C): (H, W), 0 for all that is no digit.

    Brightness is light times paper, so ink is a step in its logarithm. What the paper alone would look like comes from
    closing: strokes narrower than its square go, while changes of light, slow or sudden, stay.
    """
    logarithm = np.log(np.maximum(colours, BLACKEST))
    fine = reduced(logarithm, FINE)
    reach = max(2, round(REACH * max(fine.shape[:2])))
    sign = -1 if ink_is_bright(fine.mean(axis=2), reach) else 1
    paper = sign * scipy.ndimage.grey_closing(sign * fine, (2 * reach + 1, 2 * reach + 1, 1), mode="nearest")
    digit = scipy.ndimage.maximum_filter(digit_in((sign * (paper - fine)).mean(axis=2)), 2 * AROUND + 1)
    near = enlarged(digit[..., None], colours.shape)[..., 0] > 0
    # The share of the paper's light that ink takes, or that chalk adds to it: half for a pixel that is half ink.
    stands_out = 1 - np.exp(logarithm - enlarged(paper, colours.shape))
    return np.sqrt((stands_out**2).mean(axis=2)) * near


def ink_is_bright(logarithm: np.ndarray, reach: int) -> bool:
    """Tell whether what is rare around each pixel is brighter than the rest, by the third moment (skewness).

    Thin strokes tell it in a small square, thick ones in a large one.
    """
    skewness = 0.0
    for size in (max(1, reach // 3), 2 * reach):
        away = logarithm - local_mean(logarithm, size)
        skewness += float((away**3).mean() / (away**2).mean() ** 1.5)
    return skewness > 0


def digit_in(contrast: np.ndarray) -> np.ndarray:
    """Return the mask (H, W) of the digit among all that stands out, empty where there is none.

    Its main part hangs together over the longest extent, at the highest threshold, and is neither the table along the
    border nor a line that goes across the page.
    """
    contrast = contrast - np.median(contrast)
    grain = 1.4826 * np.median(np.abs(contrast))
    threshold, least = float(np.quantile(contrast, 0.999)), max(FAINTEST, NOISE * grain)
    main, at, best = np.zeros(contrast.shape, bool), threshold, 0.0
    while threshold > least:
        mask = contrast > threshold
        parts = connected_parts(mask)
        fits = (parts.extent >= SMALLEST * min(mask.shape)) & ~is_clutter(parts, mask.shape)
        worth = parts.extent * fits * threshold**0.75
        if worth.max(initial=0) > best:
            main, at, best = parts.chosen(np.arange(len(worth)) == worth.argmax()), threshold, worth.max()
        threshold *= LADDER
    return main | pieces(contrast > FAINTER * at, main) if best else main


def pieces(mask: np.ndarray, main: np.ndarray) -> np.ndarray:
    """Keep of a mask the parts that belong to the digit whose main part is known."""
    parts, digit = connected_parts(mask), connected_parts(main)
    extent = digit.extent[0]
    gap = np.maximum(parts.low - digit.high[0], digit.low[0] - parts.high).max(axis=1)
    fits = (parts.extent > PIECE * extent) & (parts.extent <= GROWN * extent) & (gap <= APART * extent)
    return parts.chosen(fits & ~is_clutter(parts, mask.shape))


def is_clutter(parts: Parts, shape: tuple[int, ...]) -> np.ndarray:
    """Tell which parts lie along the border, as a table does, or go from one side to another, as ruled lines do."""
    sides = (parts.low == 0).sum(axis=1) + (parts.high == np.subtract(shape, 1)).sum(axis=1)
    return (sides > 1) | (parts.contact > TOUCH * parts.extent)


def connected_parts(mask: np.ndarray) -> Parts:
    """Label and measure the connected parts of a mask (H, W)."""
    labels, count = scipy.ndimage.label(mask, np.ones((3, 3)))
    boxes = [
        ((rows.start, columns.start), (rows.stop, columns.stop)) for rows, columns in scipy.ndimage.find_objects(labels)
    ]
    low, stop = np.array(boxes, int).reshape(-1, 2, 2).swapaxes(0, 1)  # (parts, 2) each
    outermost = labels.copy()
    outermost[1:-1, 1:-1] = 0
    size, contact = (np.bincount(pixels.ravel(), minlength=count + 1)[1:] for pixels in (labels, outermost))
    return Parts(labels, size, low, stop - 1, contact)


def local_mean(values: np.ndarray, reach: int) -> np.ndarray:
    """Average (H, W) over the square that goes `reach` pixels to all sides, as far as it lies in the picture."""
    total, count = (
        scipy.ndimage.uniform_filter(each, 2 * reach + 1, np.float64, mode="constant")
        for each in (values, np.ones(values.shape))
    )
    return total / count


def border(values: np.ndarray) -> np.ndarray:
    """Return the pixels of the picture's outermost frame, one after the other: (n, ...)."""
    return np.concatenate((values[0], values[-1], values[1:-1, 0], values[1:-1, -1]))


def reduced(values: np.ndarray, pixels: int) -> np.ndarray:
    """Average whole blocks of (H, W, C), to leave about that many pixels at most: (H', W', C) float32."""
    height, width, channels = values.shape
    block = min(int(np.ceil(np.sqrt(height * width / pixels))), height, width)
    if block <= 1:
        return values.astype(np.float32)
    rows, columns = height // block, width // block
    bands = values[: rows * block, : columns * block].reshape(rows, block, -1).sum(axis=1, dtype=np.float32)
    return bands.reshape(rows, columns, block, channels).sum(axis=2) / block**2


def enlarged(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Stretch (h, w, C) over a larger picture: (H, W, C) float32."""
    size = shape[1], shape[0]
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in np.moveaxis(values, 2, 0)]
    return np.stack([np.asarray(plane.resize(size, Image.Resampling.BILINEAR)) for plane in planes], axis=2)
