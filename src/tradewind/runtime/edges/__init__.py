"""The edges, each in a process of its own on Redis: what `embedded` makes of them all, made alone."""
