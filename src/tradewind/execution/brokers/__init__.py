"""Brokers that ship with Tradewind; only the wiring names one."""
