import torch

from train.data.dataset import load
from train.events import Step
from train.families.erased import erased_values
from train.families.race import contestants, race, race_training
from train.splits import hold_out
from vit import ink

config = race_training(epochs=1, val_size=1000)
train_set, val_set = hold_out(load("train").subset(slice(6000)), config)
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]

models = contestants()  # a ViT, a CNN and an MLP with as many weights
for events in race(models, train_set, val_set, config):
    last = {name: event for name, event in events.items() if not isinstance(event, Step)}
    if last:
        print({name: getattr(event, "val", None) for name, event in last.items()})

for name, model in models.items():
    digit = int(model.eval()(image[None]).argmax())
    values, exact = erased_values(model, image, digit, exact_up_to=8)
    print(name, "reads", digit, "and the values of its patches are", values)
