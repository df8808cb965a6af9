"""The long-running process: it wakes, works, shows its pages, and stops in time."""
