"""The pages at which a person tests: what the provider knows, what it said and heard, and what shall go wrong next."""
