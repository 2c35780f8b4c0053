"""What every step shares: findings, errors, YAML as Go reads it. Imports nothing of presync."""
