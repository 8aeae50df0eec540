"""What operators look at: findings about an installation, and what a terminal shows of a running one.

Reads: nothing; it is told. Writes: nothing. It judges and lays out; asking servers is `runtime.doctor`'s, listening
`runtime.terminal`'s.
Main types: `findings.Finding`, `rows.View`, `board.Board`.
"""
