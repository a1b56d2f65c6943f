"""Machine data in, as readings: one module a protocol, one shape for all."""
