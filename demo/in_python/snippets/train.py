import torch

from train.config import RECIPES
from train.data.dataset import load, split
from train.events import Epoch
from train.loop import fresh_model, train
from vit import ink

recipe = RECIPES["fast"].with_epochs(1)  # one pass over few digits: seconds, and some 80 % right
train_set, val_set = split(load("train").subset(slice(6000)), val_size=1000, seed=0)
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

model = fresh_model(recipe)
for event in train(model, train_set, val_set, recipe.training):
    if isinstance(event, Epoch) and event.val:
        print("epoch", event.epoch, "loss", event.loss, "right of the validation digits", event.val.accuracy)
print("reads your drawing as", int(model(image[None]).argmax()))
