"""The three networks and the engines that run them."""
