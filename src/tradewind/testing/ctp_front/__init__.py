"""A futures broker's CTP fronts on this machine, and a binding of CTP's surface that speaks to them.

The fronts (`front`) are a server: market data and trading, with every fault, refusal and quirk that real ones show, on
command. The binding (`binding`) is loaded where `openctp_ctp` would be (setting `ctp.binding`), so what is tested are
the real child processes on real sockets. `python -m tradewind.testing.ctp_front` starts fronts to try the gateway on.
"""
