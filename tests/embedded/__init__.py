"""The embedded servers, and the settings of a start."""
