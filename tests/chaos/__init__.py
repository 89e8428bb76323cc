"""Histories of subscriptions in which everything goes wrong that can: ``make chaos N=2000``.

A history is drawn from a seed: what payers, banks and operators do, month after month, at one of the
simulated providers. It is lived twice. Once nothing goes wrong. Once notices are lost for a while,
doubled, forged and out of turn; answers of the provider are lost before or after it did its work, or are
HTML; processes are killed (SIGKILL) or stand still (SIGSTOP) at some statement; and two do the same at
once. In the end both must have the same rows, the same events of money, the same effects of handlers,
and the provider's books must show every charge once.

What differs is a divergence: its seed is printed, and the smallest history found that still shows it.
"""
