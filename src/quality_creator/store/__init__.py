"""What outlives the process: tables, objects, the recording."""
