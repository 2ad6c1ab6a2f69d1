"""What training is worth: speed, what it learns, adaptation, recipes, and comparisons."""
