"""A terminal as a client: `tradewind watch`, `trigger` and `dashboard` ask a running installation over its own doors.

Reads: REST and push of the installation that the settings or `--url` name, as whoever `TRADEWIND_TOKEN` says: the
access token or an API key. Writes: nothing.
"""
