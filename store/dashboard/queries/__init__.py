"""Reads of the vendor's pages, one file each."""
