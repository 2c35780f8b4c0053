"""What the workflows run beside presync."""
