"""What a record says: pure functions on arrays; no instrument, no file, no judgement."""
