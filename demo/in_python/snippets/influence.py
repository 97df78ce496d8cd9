import torch

import vit
from train.influence.features import head_inputs, learned_digits, read_features
from train.influence.groups import effects, random_places
from train.influence.nearest import nearest
from train.influence.tracin import Checkpoint, most_influential
from vit import ink

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]
target = int(model(image[None]).argmax())
digits = learned_digits("digits-4x4", "data")  # of MNIST, without those held out

checkpoint = Checkpoint(model, read_features(model, digits))
supporters, opponents = most_influential([checkpoint], digits, image, target)
near, _ = nearest(checkpoint.features.inputs, head_inputs(model, image[None])[0], 20)
for name, places in {"support": supporters.places, "oppose": opponents.places, "nearest": near}.items():
    print(name, digits.labels[places].tolist())

groups = {"supporters": supporters.places, "nearest": near, "at random": random_places(digits.labels, seed=1)}
unlearned = effects(model, {name: digits.subset(places) for name, places in groups.items()}, image, target)
for name, effect in unlearned.items():
    print(f"without 20 {name}: log-odds of {target} change by {effect.change:+.2f} nats")
