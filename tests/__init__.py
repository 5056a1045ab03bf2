"""What shop and sandbox promise, as tests; a package, because some wheels bring one of the same name."""
