"""What an administrator asks for and somebody else must agree to before it opens anything."""
