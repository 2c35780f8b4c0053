"""The contract: what is declared once and read everywhere, who reads it, and what a change of it means."""
