import torch

import vit
from vit import ink
from vit.explain.coalitions import MAX_MASKABLE, log_odds_table
from vit.explain.decisive_sets import patches_in
from vit.explain.faithfulness import spearman
from vit.explain.interactions import choose_sets, fit_account
from vit.explain.masking import MaskedModel

model = vit.load("digits-4x4")
image = torch.from_numpy(ink.from_link("#sheet=example-7"))[None]  # (1, 28, 28) in [0, 1]
digit = int(model(image[None]).argmax())

# The value of each patch, in nats of log-odds: exact for up to 16 patches with ink, else estimated.
values = vit.explain.shapley(model, image, digit, "erased", pairs=24)
attention = vit.explain.attention(model, image)
masked = MaskedModel(model, image, "erased")
inked = masked.maskable  # the patches with ink, numbered row by row from 0
print("values for", digit, values)
print("agreement of attention, rank", spearman(attention.flatten()[inked], values.flatten()[inked]))

if len(inked) <= MAX_MASKABLE:  # a table of all subsets is possible: the answer in five sentences
    table = log_odds_table(masked, digit)
    account = fit_account(table, choose_sets(table, 5).sets)
    print("start", account.start)
    for subset, value in zip(account.sets, account.values.tolist(), strict=True):
        print("patches", inked[patches_in(subset)].tolist(), "add", value)
