"""A show as values: the plan, what was aired, who did what, how much time is left; pure."""
