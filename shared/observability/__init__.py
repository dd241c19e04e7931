"""Logs, metrics and health of one process; no personal data in any of them."""
