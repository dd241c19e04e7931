"""What people set. The desk is its only writer; rows are archived, never deleted."""
