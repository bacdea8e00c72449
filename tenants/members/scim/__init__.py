"""SCIM 2.0 Users under /scim/v2: the council's directory makes members here, changes them and ends them (RFC 7643/4).

Loaded when the first request of a directory comes: its models are large, and most processes never need them.
"""
