"""The order line put together: its rooms on one ordered bus, one journal under them, one office that answers people."""
