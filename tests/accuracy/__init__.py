"""How well faces are found in made pictures whose truth is known, and what is recorded of it."""
