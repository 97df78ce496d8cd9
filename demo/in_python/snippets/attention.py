import torch

import vit
from vit import ink
from vit.trace import to_grid

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

attention = model.trace(image[None]).attention[:, 0]  # (layers, heads, from token, to token)
layer, head, token = -1, 0, 0  # the last layer, its first head, from cls
print("one head", to_grid(attention[layer, head, token]))
print("mean of the heads", to_grid(attention[layer, :, token].mean(dim=0)))
