"""What every emulated provider needs: documents by account, events, parameters, idempotency, lists,
expansion.
"""
