"""``make demo-check``: go through the demo without a person, and say whether all is as it must be.

Merchants of several kinds, one after the other: for each the site and the simulator run as they do
for ``make demo``, on free ports and a database of their own, with the clock at a fixed day. A
browser without JavaScript presses what people would press, chapter by chapter. At the end of each
chapter every row here and every charge in the simulator's books is compared with what must be.
"""
