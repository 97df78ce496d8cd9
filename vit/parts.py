"""Connected parts of a mask: which pixels hang together, by sides and corners, and where each part lies."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Parts:
    """The connected parts of a mask (H, W).

    Attributes:
        label: (n,), one number for each pixel of the mask, in order; parts count up from 0.
        size: (parts,) pixels.
        low: (parts, 2), the first row and column of each part.
        high: (parts, 2), the last row and column.
        contact: (parts,) pixels that lie on the picture's border.
    """

    label: np.ndarray
    size: np.ndarray
    low: np.ndarray
    high: np.ndarray
    contact: np.ndarray

    @property
    def extent(self) -> np.ndarray:
        """The longest side of each part, (parts,) pixels."""
        return (self.high - self.low).max(axis=1, initial=0) + 1


def parts_of(mask: np.ndarray) -> Parts:
    """Find and measure the connected parts of a mask (H, W)."""
    label = np.unique(connected(mask), return_inverse=True)[1]
    place = np.argwhere(mask)
    count = int(label.max(initial=-1)) + 1
    low, high = np.full((count, 2), max(mask.shape)), np.full((count, 2), -1)
    for axis in (0, 1):
        np.minimum.at(low[:, axis], label, place[:, axis])
        np.maximum.at(high[:, axis], label, place[:, axis])
    outermost = ((place == 0) | (place == np.subtract(mask.shape, 1))).any(axis=1)
    sizes, contact = (np.bincount(label[pixels], minlength=count) for pixels in (slice(None), outermost))
    return Parts(label, sizes, low, high, contact)


def chosen(mask: np.ndarray, parts: Parts, keep: np.ndarray) -> np.ndarray:
    """Leave of a mask the parts for which `keep` (parts,) is true."""
    kept = mask.copy()
    kept[mask] = keep[parts.label]
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
