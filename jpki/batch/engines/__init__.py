"""The batch on engines that others keep well, one module each; each needs its own extra."""
