"""The parts of the generator: `describe` reads, `rules` and `words` know, `models`, `operations`
and `write` make text, `verify` compares. Nothing of stasis needs it at run time.
"""
