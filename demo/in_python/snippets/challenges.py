import torch

import vit
from vit import ink

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]
trace = model.trace(image[None])
digit = int(trace.logits.argmax())

# Guess: which patch matters most?
values = vit.explain.shapley(model, image, digit, "erased")  # of each patch, in nats
row, column = divmod(int(values.argmax()), values.shape[-1])
print("strongest patch: row", row + 1, "column", column + 1)

# Least ink, and fool it: how sure is it, and does it take the drawing for a digit?
calibration = vit.load_calibration("digits-4x4")
print("ink in pixels", float(image.sum()))
print("read as", digit, "with", float(calibration.probs(trace.logits).max()))
print("a digit", bool(calibration.in_distribution(trace, image[None])))
