"""Cameras and encoders that push RTMP to us: a server that knows no I/O, and a listener around it."""
