"""For authors of adapters and strategies, and for our own tests: an exchange that can be made to misbehave."""
