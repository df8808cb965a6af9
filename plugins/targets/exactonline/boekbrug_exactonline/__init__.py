"""Exact Online: sales entries, memorials, and cash and bank entries in its divisions."""
