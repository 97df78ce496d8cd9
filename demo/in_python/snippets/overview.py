import torch

import vit
from vit import ink

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]
trace = model.trace(image[None])  # all that one forward pass computes

print("patches", tuple(model.patch_embed.patches(image[None]).shape))  # (1, patches, pixels of each)
print("tokens", tuple(trace.embedded.shape))  # (1, cls and patches, features)
print("attention", tuple(trace.attention.shape))  # (layers, 1, heads, tokens, tokens)
print("logits", trace.logits[0])
probs = vit.load_calibration("digits-4x4").probs(trace.logits)[0]
print("probabilities", probs.mul(100).round(decimals=1))
