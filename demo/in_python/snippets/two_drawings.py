import torch

import vit
from vit import ink
from vit.analysis.activation_patching import gap_shares

model = vit.load("digits-4x4")
source = torch.from_numpy(ink.from_link("#sheet=example-4"))[None]  # gives its parts, (1, 28, 28)
receiver = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # gets them, one at a time

shares = gap_shares(model, source, receiver)  # 0: moves nothing, 1: all the way
print("read as", shares.classes)
print("heads, by layer", shares.heads)
print("MLPs, by layer", shares.mlps)
print("tokens, at first and after each layer", shares.tokens)
