"""Sessions: what passed between a program and Asterisk, written to a file, replayed, and shown."""
