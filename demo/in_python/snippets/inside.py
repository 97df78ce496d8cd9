import torch

import vit
from vit import ink
from vit.analysis.qkv import qkv

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

trace = model.trace(image[None])
layer, head, token = -1, 0, 0  # the last layer, its first head, from cls
q, k, v = qkv(model, trace)[layer, 0, :, head]  # (tokens, features of a head) each
scores = q @ k.mT * q.shape[-1] ** -0.5  # how well each query matches each key
weights = scores.softmax(dim=-1)  # each row sums to 1
output = weights @ v  # what each token takes along
print("match", scores[token])
print("attention", weights[token])
print("taken along", output[token])
