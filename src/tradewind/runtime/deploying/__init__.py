"""Files for containers, Kubernetes, Helm and systemd, all made of the service table and the settings.

Reads: services, settings. Writes: deploy/ (`tradewind deploy files`). Main function: `files.deploy_files`.
"""
