"""stasis_conference: conference rooms: who may come in, who hears whom, and how it ends."""
