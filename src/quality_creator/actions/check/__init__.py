"""The parts of checking an episode's evidence, one kind of question a module."""
