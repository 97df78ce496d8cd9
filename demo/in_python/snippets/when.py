import numpy as np
import torch

import vit
from vit import ink

model = vit.load("digits-4x4")
calibration = vit.load_calibration("digits-4x4")

path = ink.PenPath.from_strokes(ink.strokes_from_link("#sheet=example-7"))
parts = [ink.from_strokes(path.beginning(cut)) for cut in path.cuts()]  # each a little longer
with torch.no_grad():
    probs = calibration.probs(model(torch.from_numpy(np.stack(parts))[:, None]))  # (parts, classes)
digits = probs.argmax(dim=-1)
other = (digits != digits[-1]).nonzero()  # parts that are read as another digit than the whole
print("read as", digits)
print("settled from part", int(other[-1]) + 2 if len(other) else 1, "of", len(parts))
