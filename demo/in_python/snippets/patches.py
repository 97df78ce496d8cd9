import torch
import torch.nn.functional as F

import vit
from vit import ink
from vit.analysis.patch_filters import components

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

patches = model.patch_embed.patches(image[None])[0]  # (patches, pixels), row by row
tokens = model.trace(image[None]).embedded[0]  # (1 + patches, features): cls first, positions added
positions = F.normalize(model.pos_embed[0, 1:].detach(), dim=-1)
similarity = positions @ positions.mT  # (patches, patches), cosine
gains, patterns = components(model.patch_embed.proj.weight.detach())  # what the filters are made of

print("ink of each patch", patches.sum(dim=1))
print("token of patch 1", tokens[1])
print("similar to position 1", similarity[0])
print("strength of each pattern", gains)
