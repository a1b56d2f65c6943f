"""Pages for people, an API for machines, the live media."""
