"""Careshare's kernel: everything a service stands on. It knows no service."""
