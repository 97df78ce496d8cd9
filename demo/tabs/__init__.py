"""The tabs, in the order in which the page shows them. A new tab is one new file here and its name in `TABS`."""

from demo.tabs import attention, evaluation, inside, layers, patches, positions, teach, train, whatif, when, why

TABS = (patches, positions, attention, inside, layers, why, whatif, when, evaluation, train, teach)
