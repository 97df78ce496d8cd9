import torch

import vit
from vit import ink
from vit.analysis.ablation import rearranged, without

model = vit.load("digits-4x4")
calibration = vit.load_calibration("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

order = range(model.config.num_patches)
erased = rearranged(image, order, erased=[5])  # patches are numbered row by row from 0
shuffled = rearranged(image, torch.randperm(len(order)).tolist())
without_head = without(model, heads=[(2, 0)])  # layer 3, head 1
without_positions = without(model, positions=False)

changes = {
    "nothing changed": (model, image),
    "a patch erased": (model, erased),
    "patches shuffled": (model, shuffled),
    "a head switched off": (without_head, image),
    "no positions": (without_positions, image),
}
for name, (changed, drawing) in changes.items():
    probs = calibration.probs(changed.trace(drawing[None]).logits)[0]
    print(name, "-> reads", int(probs.argmax()), "with", float(probs.max()))
