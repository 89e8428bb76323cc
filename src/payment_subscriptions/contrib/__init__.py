"""For projects that use them: nothing here is imported unless its dotted path is named."""
