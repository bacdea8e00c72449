"""Foster carers."""
