import numpy as np
import torch

import vit
from train.own_classes import learn
from train.own_classes.drawings import drawings_of
from train.synthetic.handwriting import redraw
from vit import ink

model = vit.load("digits-4x4")
shapes = {
    "triangle": [[(0.0, 0.0), (2.0, 0.0), (1.0, 2.0), (0.0, 0.0)]],
    "cross": [[(0.0, 0.0), (2.0, 2.0)], [(2.0, 0.0), (0.0, 2.0)]],
}
rng = np.random.default_rng(0)
symbols = [
    {"name": name, "drawings": [{"strokes": redraw(strokes, rng)} for _ in range(10)]}
    for name, strokes in shapes.items()
]
names, drawings = drawings_of(symbols)  # load_drawings(FILE) of train.own_classes reads a file that you exported

learned = learn(model, drawings, names)
print("read", learned.right, "of", len(drawings), "drawings, each left out once")

drawing = torch.from_numpy(ink.from_link("#sheet=example-7"))[None, None]  # (1, 1, 28, 28) in [0, 1]
print("your drawing is read as", names[int(learned.model(drawing).argmax())])
