"""The layouts of recordings we can read, one module each, told apart by their columns.

Reads files; gives `recording_file.RecordingFile`s of raw ticks. Main function: `picking.open_recording`.
The modules that need numpy and pyarrow are imported only when a file of theirs is opened.
"""
