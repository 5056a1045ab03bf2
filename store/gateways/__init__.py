"""The providers, behind one port: the rest of the shop sees values in our words and three kinds of error."""
