"""Payment providers on your own machine: real HTTP servers with their own state and clock.

They import nothing of the rest of this project, so any program in any language can talk to
them. What every simulator needs stands here; one folder a provider beneath.
"""
