"""Guests by WebRTC: what they send becomes a source; they get the programme without their own voice."""
