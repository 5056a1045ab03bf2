"""The demo shop's vendors and goods, as data, and the verb that puts them into the database."""
