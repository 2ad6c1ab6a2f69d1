"""Sets of annotated photographs: reading, splitting and checking."""
