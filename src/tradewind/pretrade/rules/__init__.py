"""The built-in pre-trade rules, each a class with a name, its codes and a pure `check`; `registry` has the table."""
