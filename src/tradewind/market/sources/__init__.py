"""Where market data comes from: recordings played back and a simulated market, later the live feeds.

Reads files and the wall clock; writes raw ticks into a `ports.Intake`, judging nothing.
Main types: `replay.ReplaySource`, `simulator.SimulatorSource`.
"""
