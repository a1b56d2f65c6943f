"""The commands about studies, each in a module of its own: importing this adds them to `app`."""

from quality_creator.cli import capability, gauge_study, life, oee, sampling_plan, trace

__all__ = ["capability", "gauge_study", "life", "oee", "sampling_plan", "trace"]
