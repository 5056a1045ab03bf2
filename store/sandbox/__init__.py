"""Another company: a server on its own port that speaks the payment provider's protocol, offline.

It imports nothing of the shop and no client library of the provider; the shop cannot tell the difference.
Invariant: what it cannot do it refuses by name, it never makes a success up.
"""
