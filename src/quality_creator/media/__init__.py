"""From cameras to parts: capture, scene, mix, encode, package."""
