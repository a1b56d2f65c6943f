"""Checks by foreign programs that pip and npm do not bring; run by `make interop`."""
