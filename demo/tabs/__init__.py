"""The tabs, in the order in which the page shows them. A new tab is one new file here and its name in `TABS`."""

from demo.tabs import attention, inside, layers, patches, positions, teach, test, train, what_if, when, why

TABS = (patches, positions, attention, inside, layers, why, what_if, when, test, train, teach)
