"""The type that the demonstration's scenes are lettered in."""
