import torch

import vit
from train.correction import correct
from train.data.dataset import Digits, load
from train.evaluation.predictions import predict
from vit import ink

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]
meant = torch.tensor([1])  # the digit that you meant; a clear 7 is hard to learn as a 1

drawing = Digits((255 * image).round().to(torch.uint8), meant)
rehearsed = load("train").subset(slice(10_000))  # so that it does not forget the others
taught = correct(model, drawing, rehearsed)

test = load("test").subset(slice(1000))
print("learned", taught.learned, "after", taught.steps, "steps")
print("reads", int(model(image[None]).argmax()), "before,", int(taught.model(image[None]).argmax()), "after")
print("right of the test digits", predict(model, test).accuracy, "->", predict(taught.model, test).accuracy)
