"""Cameras, one module a kind, all of one shape: a thread that reads, decodes and hands pictures over."""
