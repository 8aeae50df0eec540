"""The parent of every order: policies of strategies, the close button, algorithms that ask for orders bit by bit.

Reads opportunities, ticks, positions, orders, fills. Writes instructions, triggers, order requests, cancel requests.
"""
