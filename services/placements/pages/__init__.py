"""The pages of the search: asking for a home, its results, one notice, and need that found nothing.

They are built here, beside the API: the same queries and actions stand behind both, and a page only reads a form,
calls one of them and renders what came back.
"""
