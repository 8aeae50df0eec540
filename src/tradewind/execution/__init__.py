"""Carries approved orders to a broker and back: journal first, then send; what is not known is asked, never resent.

Reads approved orders, cancel requests, trading states. Writes orders, fills.
"""
