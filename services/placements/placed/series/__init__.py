"""Series of short breaks: many dated stays of one child in one home, under one match (CPPCR 2010 reg 48)."""
