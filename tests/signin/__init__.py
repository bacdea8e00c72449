"""Signing in through identity providers."""
