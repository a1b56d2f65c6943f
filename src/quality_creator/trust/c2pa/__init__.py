"""Signed while live: C2PA live video by verifiable segment info (C2PA 2.4, 18.25 and 19)."""
