"""The vocabulary of the trade: frozen messages, value objects and state tables that every room speaks.

Imports nothing but the kernel's constants and errors; holds no state; never asks the time.
"""
