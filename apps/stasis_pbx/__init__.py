"""Everything about a PBX over HTTP: the groups of `stasis.pbx`, by tokens with scopes, audited."""
