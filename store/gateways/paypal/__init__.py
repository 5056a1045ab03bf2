"""PayPal, and the only folder of the shop that speaks its protocol."""
