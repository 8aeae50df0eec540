"""Tradewind (信风): one platform for a trading team's whole day, from an exchange's tick to a screen.

Start with docs/tour.md; the map of services is runtime/services.py.
"""

__version__ = "0.1.0"
