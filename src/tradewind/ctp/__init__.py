"""What we know of CTP, the exchanges' common front: its library, its processes, its structs, its words for trouble.

Below the rooms, because two of them speak to it and never meet: the market room takes quotes, execution sends orders.
The library runs in child processes of its own, since what it dislikes ends the whole process. See docs/decisions/0024.
"""
