"""The statistics of quality: state in, state and points out."""
