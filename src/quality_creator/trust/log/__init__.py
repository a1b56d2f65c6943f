"""The transparency log: what it consists of, how it grows, and how anyone checks it. Pure."""
