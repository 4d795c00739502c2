"""Measures stasis beside other clients of ARI: `make bench`. For development only."""
