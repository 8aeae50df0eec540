"""Traces for OpenTelemetry: an opportunity, the instruction it led to, its orders and fills as one tree of spans.

Optional: without `traces.endpoint` nothing of this is loaded. Ids are made of our own names, so that spans of several
processes find each other without anything being passed along.
"""
