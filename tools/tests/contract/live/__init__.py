"""What the live test of the contract is made of."""
