"""Reads of the catalogue shaped for pages: lists and one product."""
