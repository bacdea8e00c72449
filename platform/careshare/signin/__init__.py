"""Signing in through councils' own identity providers with OpenID Connect.

`protocol` speaks with the provider, `discovery` remembers what it published, `claims` and `keys` judge its tokens,
`actions` are what a person does, `pages` and `settings_pages` are what they see.
"""
