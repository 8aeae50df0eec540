"""The one entry on 8888 when the services run apart: Nginx, configured from our settings, and the health of all behind.

`settings` say where everything is; `nginx` writes the configuration; `health` asks each instance how it does. Where
everything is one process, that process is the gateway and none of this runs.
"""
