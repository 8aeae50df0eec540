"""The other end of the `ctpmarket` wire: publishes any ticks in each of its forms, for people to test their chain with.

Reads raw ticks that somebody hands in; writes to a ZeroMQ socket. Main types: `service.Feeder`, `formats.FORMATS`.
"""
