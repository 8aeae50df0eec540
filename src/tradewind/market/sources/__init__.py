"""Where market data comes from: recordings played back, a simulated market, live feeds.

Reads files, sockets and the wall clock; writes raw ticks into a `ports.Intake`, judging nothing.
Main types: `replay.ReplaySource`, `simulator.SimulatorSource`, `zeromq.ZeromqSource`.
"""
