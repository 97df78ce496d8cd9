"""Windows over a picture: its border, larger and smaller pixels, the largest and the mean value around each pixel."""

import numpy as np
from PIL import Image


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


def closing(values: np.ndarray, reach: int) -> np.ndarray:
    """Fill dark shapes narrower than 2 * reach + 1 pixels with what is around them; steps of light stay where they are.

    Serra, "Image Analysis and Mathematical Morphology", 1982, chapter 2.
    """
    return -largest(-largest(values, reach), reach)


def largest(values: np.ndarray, reach: int) -> np.ndarray:
    """Give every pixel of (H, W, ...) the largest value in the square that goes `reach` pixels to all sides."""
    for axis in (0, 1):
        padding = [(reach, reach) if axis == each else (0, 0) for each in range(values.ndim)]
        best = np.moveaxis(np.pad(values, padding, mode="edge"), axis, 0)
        length, window, covered = values.shape[axis], 2 * reach + 1, 1
        while 2 * covered <= window:  # windows double in length until they are long enough
            best = np.maximum(best[:-covered], best[covered:])
            covered *= 2
        values = np.moveaxis(np.maximum(best[:length], best[window - covered :][:length]), 0, axis)
    return values


def mean(values: np.ndarray, reach: int) -> np.ndarray:
    """Give every pixel of (H, W) the mean over as much of that square as lies in the picture."""
    for _ in range(2):
        sums = np.concatenate((np.zeros((1, values.shape[1])), values.cumsum(axis=0, dtype=np.float64)))
        at = np.arange(len(values))
        low, high = np.maximum(at - reach, 0), np.minimum(at + reach + 1, len(values))
        values = ((sums[high] - sums[low]) / (high - low)[:, None]).T
    return values.astype(np.float32)
