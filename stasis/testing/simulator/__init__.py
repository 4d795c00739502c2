"""The simulated Asterisk, part by part. Programs use `stasis.testing.Asterisk`."""
