"""The `ctpmarket` wire: every framing and body that CTP quotes are published in over ZeroMQ, read into raw ticks.

Pure core: bytes and a time go in, raw ticks come out, what cannot be read is refused with a reason and kept for
inspection. Reads and writes no topic. Main types: `decoder.FrameDecoder`, `refusals.RefusalReason`.
"""
