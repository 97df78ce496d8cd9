import torch

import vit
from vit import ink
from vit.explain.smallest_change import smallest_change
from vit.explain.smallest_erasure import smallest_erasure

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]
answer, target = model(image[None])[0].topk(2).indices.tolist()  # the likeliest class, and the next one

change = smallest_change(model, image, target)  # found by a search: a smaller one may exist
print(answer, "becomes", target, "with", change.ink, "pixels of ink in", len(change.images) - 1, "steps")

erasure = smallest_erasure(model, image)  # exact: no smaller set of patches turns the answer
print("erased patches", erasure.patches.tolist(), "-> read as", int(model(erasure.images[-1:]).argmax()))
