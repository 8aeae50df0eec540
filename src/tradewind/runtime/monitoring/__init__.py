"""What Prometheus, Alertmanager and Grafana are told: targets, rules, routes and boards, made from our own tables.

Nothing is written twice: targets come from the settings, rules and the handbook's pages from one table of alerts.
"""
