"""`make demo`: the whole market on one machine, from nothing, offline.

One supervisor starts PostgreSQL, the sandbox, the shop and the worker, each a process of its own, and prints
where to look. It ends them all within five seconds, and none outlives it, however it ends itself. What it
keeps lies in one data folder that one demo at a time holds.
"""

from store.demo.run import run_demo

__all__ = ["run_demo"]
