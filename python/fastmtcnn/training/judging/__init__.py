"""How good networks are on annotated photographs, and which thresholds suit them."""
