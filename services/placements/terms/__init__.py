"""The terms of a place in a home: what is asked for, the price offered and agreed, whether it was assessed."""
