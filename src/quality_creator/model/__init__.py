"""The words that all rooms share: frozen structs and pure functions, no I/O, no clock."""
