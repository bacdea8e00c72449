"""Reads of the register: `household` (one in full), `register` (the list and its counts), `due` (what is due, by date),
`tonight` (the duty desk's own vacancies). Their answers are the Structs of `services/fostering/records.py`.
"""
