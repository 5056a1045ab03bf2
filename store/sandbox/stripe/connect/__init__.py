"""Connect: accounts, what is asked of them, how they are onboarded, and what becomes of them."""
