"""The journey: fetch, compose, deliver, settle; each restarts from the database alone.

Every stage is a generator; what happens between two of its steps is one atomic phase, so that a simulator can
interleave and kill workers at every boundary.
"""
