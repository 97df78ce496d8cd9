import torch

import vit
from vit import ink
from vit.explain.logit_lens import normed_tokens

model = vit.load("digits-4x4")
calibration = vit.load_calibration("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

trace = model.trace(image[None])
tokens = torch.cat([trace.embedded[None], trace.tokens])[:, 0]  # before layer 1, and after each
probs = calibration.probs(model.head(normed_tokens(model, tokens)))  # (1 + layers, tokens, classes)
for layer, each in enumerate(probs):
    print("after layer", layer, "cls reads", int(each[0].argmax()), "patches", each[1:].argmax(dim=-1))
