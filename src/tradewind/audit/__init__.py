"""Proves that nobody changed the record: verifies the journal's hash chain and anchors its head elsewhere.

Reads the journal. Writes anchors.
"""
