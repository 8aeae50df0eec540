"""The support bundle: what whoever is asked for help wants to see of an installation, and no secret of it.

Reads: the installation, as doctor and status do. Writes: one archive. Main type: `bundle.Bundle`.
"""
