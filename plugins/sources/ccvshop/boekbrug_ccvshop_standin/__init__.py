"""A stand-in of a CCV Shop: its REST API as the fact sheet describes it, over a believable shop of any size."""
