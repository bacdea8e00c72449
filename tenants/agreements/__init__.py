"""Sharing agreements: what each states, its versions and signatures, leaving, and what it lets others see."""
