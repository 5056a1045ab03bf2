"""Reads of the catalogue shaped for pages: lists, one product, and the audit of the counters."""
