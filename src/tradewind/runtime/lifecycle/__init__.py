"""Production mode on one machine: start, watch and stop the services of the map, each a process under supervisord.

Reads the service table and the settings, writes `data_dir/run/` and `data_dir/logs/`; what is kept alive, restarted
and rotated is supervisord's work, what is shown of it is ours. Main type: `crew.Crew`.
"""
