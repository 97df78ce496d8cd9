"""Connected parts of a mask, with their bounding boxes and sizes."""

from dataclasses import dataclass

import numpy as np
import scipy


@dataclass(frozen=True)
class Parts:
    """The connected parts of a mask (H, W); pixels that share a side or a corner are connected.

    Attributes:
        labels: (H, W), the number of each pixel's part, from 1; 0 where the mask is false.
        size: (parts,), number of pixels.
        low: (parts, 2), first row and column.
        high: (parts, 2), last row and column.
        contact: (parts,), number of pixels on the picture's border.
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


def label_parts(mask: np.ndarray) -> Parts:
    """Label and measure the connected parts of a mask (H, W)."""
    labels, count = scipy.ndimage.label(mask, np.ones((3, 3)))
    boxes = [(y.start, x.start, y.stop - 1, x.stop - 1) for y, x in scipy.ndimage.find_objects(labels)]
    low, high = np.array(boxes, int).reshape(-1, 2, 2).swapaxes(0, 1)  # (parts, 2) each
    outermost = labels.copy()
    outermost[1:-1, 1:-1] = 0
    size, contact = (np.bincount(pixels.ravel(), minlength=count + 1)[1:] for pixels in (labels, outermost))
    return Parts(labels, size, low, high, contact)
