"""Everything that a person or a machine can do: one function, one transaction."""
