"""The ledger: lots, funds, margin and both ways of counting profit, exact to the cent.

Reads fills, orders, approved orders, ticks. Writes positions, accounts, cash moves, settlements.
"""
