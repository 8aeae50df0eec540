"""The published figures, measured on whatever machine asks: one module a bench, its baseline in the same run.

Each has `main(as_json, quick)` and returns figures, ratios and goals; `tradewind bench NAME` runs it.
"""
