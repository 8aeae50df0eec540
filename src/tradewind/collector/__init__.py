"""The fleet that collects trades of a data provider and stores them as documents.

`infoway.py` fetches and stores; who is told to do so, when and by whom, stands beside it.
"""
