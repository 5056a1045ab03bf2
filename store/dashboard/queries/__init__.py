"""Reads across slices for one vendor's pages, one file each; every one takes the vendor's id."""
