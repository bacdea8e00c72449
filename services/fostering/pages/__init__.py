"""The register's pages under /foster-carers, split by noun: `register` (list, due, tonight), `household` (one home and its
notice), then one module for each group of forms, and `publishing`.
"""
