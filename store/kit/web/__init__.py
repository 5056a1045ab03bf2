"""HTTP technique: pages, forms, redirects, cookies, errors, and the shell every request passes through."""
