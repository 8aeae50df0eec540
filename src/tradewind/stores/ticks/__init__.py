"""The archive of market data: ticks and bars as Parquet, a folder per trading day and instrument, for ever.

Read by the replay, the API and by anything that reads Parquet; `places` says where what lies, `tick_columns` what the
columns are. The modules that need pyarrow and numpy are imported only when a file is written or read.
"""
