"""Compare local means and reduced pictures with loops over pixels, and connected parts with scikit-image's."""

import numpy as np
import pytest
from skimage.measure import label

from vit.ink import uneven_light

rng = np.random.default_rng


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (6, 5), (31, 22)])
@pytest.mark.parametrize("reach", [1, 2, 7, 12])
def test_local_mean_is_the_mean_of_what_lies_in_the_picture(shape, reach):
    values = rng(reach).normal(size=shape).astype(np.float32)
    result = uneven_light.local_mean(values, reach)
    for row, column in np.ndindex(shape):
        near = values[max(0, row - reach) : row + reach + 1, max(0, column - reach) : column + reach + 1]
        assert result[row, column] == pytest.approx(near.mean(dtype=np.float64), abs=1e-6)


@pytest.mark.parametrize("shape", [(3, 3, 1), (40, 60, 3), (101, 57, 2), (7, 900, 1)])
def test_downsample_averages_whole_blocks_and_bounds_the_pixels(shape):
    values = rng(0).integers(0, 256, shape).astype(np.uint8)
    for pixels in (30, 400, 10**6):
        result = uneven_light.downsample(values, pixels)
        block = next(b for b in range(1, 900) if b == min(shape[:2]) or shape[0] * shape[1] <= pixels * b * b)
        assert result.dtype == np.float32 and result.shape == (shape[0] // block, shape[1] // block, shape[2])
        for row, column in np.ndindex(result.shape[:2]):
            seen = values[row * block : (row + 1) * block, column * block : (column + 1) * block]
            np.testing.assert_allclose(result[row, column], seen.mean(axis=(0, 1)), rtol=1e-5)


def test_upsample_keeps_a_plane_and_the_channels():
    rows, columns = np.mgrid[:10, :14].astype(np.float32) + 0.5
    result = uneven_light.upsample(np.stack([rows, columns], axis=2), (40, 56, 2))
    np.testing.assert_allclose(result[6:-6, 6:-6, 0], ((np.mgrid[:40, :56][0] + 0.5) / 4)[6:-6, 6:-6], atol=1e-4)
    np.testing.assert_allclose(result[6:-6, 6:-6, 1], ((np.mgrid[:40, :56][1] + 0.5) / 4)[6:-6, 6:-6], atol=1e-4)


@pytest.mark.parametrize("density", [0.0, 0.1, 0.3, 0.4, 0.7, 1.0])
def test_connected_parts_are_skimages(density):
    for case in range(10):
        mask = rng(case).random((30, 41)) < density
        ours = uneven_light.label_parts(mask)
        labels = np.asarray(label(mask, connectivity=2))
        count = int(labels.max())
        assert len(ours.size) == len(ours.extent) == count
        edge = np.pad(np.zeros((28, 39), bool), 1, constant_values=True)
        for number in range(1, count + 1):
            theirs = np.asarray(labels == number)
            place = np.argwhere(theirs)
            at = ours.labels[theirs]
            assert len(set(at)) == 1
            part = at[0] - 1
            assert ours.size[part] == theirs.sum() and ours.contact[part] == (theirs & edge).sum()
            np.testing.assert_array_equal([ours.low[part], ours.high[part]], [place.min(axis=0), place.max(axis=0)])
            np.testing.assert_array_equal(ours.mask_of(np.arange(count) == part), theirs)
