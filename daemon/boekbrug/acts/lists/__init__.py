"""The bookkeeper's lists: what is in the books of a period, compared with the source, the package and the returns."""
