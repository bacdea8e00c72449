"""The register's pages under /foster-carers, split by noun: `register` (list, due, tonight), `household` (one home and its
notice), `forms` of the home, its people, approvals and places, and `publishing`.
"""
