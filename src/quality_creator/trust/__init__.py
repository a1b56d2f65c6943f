"""Who said what, and how anyone can check it: signatures, the log, endorsements, the verdict."""
