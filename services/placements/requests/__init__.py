"""Placement requests: the need, how complete it is, what others see of it, and what became of it."""
