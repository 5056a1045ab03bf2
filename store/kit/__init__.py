"""Technique without nouns: money, database, clock, ids, errors, web. No business word may enter here."""
