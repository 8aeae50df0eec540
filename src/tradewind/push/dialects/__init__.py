"""How one client family is spoken to: `native` is docs/push-protocol.md, `opportunities` the stream of system 003.

Pure: from values and events to frames. Main type: `Dialect`.
"""
