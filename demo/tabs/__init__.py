"""The tabs, in the order in which the page shows them. A new tab is one new file here and its name in `TABS`."""

from demo.tabs import attention, patches, train, whatif, why

TABS = (patches, attention, why, whatif, train)
