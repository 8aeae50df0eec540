"""The risk gate, the only way to the exchange: each order request is approved or refused here, by rules, with reasons.

Reads order requests, orders, fills, positions, accounts, ticks.
Writes approved and refused orders, trading states, limit warnings.
"""
