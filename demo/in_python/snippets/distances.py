import torch

import vit
from vit import ink
from vit.analysis.attention_distance import even_distance, head_distances

model = vit.load("digits-4x4")
config = model.config

digits, _, _ = ink.samples()  # MNIST's test digits that ship, (300, 28, 28)
trace = model.trace(torch.from_numpy(digits / 255).float()[:, None])
distances = head_distances(trace, config.patch_size)  # (layers, heads), in pixels
print("pixels, by layer and head", distances)
print("a head that looks everywhere alike", even_distance(config.grid_size, config.patch_size))
