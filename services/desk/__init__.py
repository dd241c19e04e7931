"""The desk: HTTP API and pages where people answer; the only writer of configuration."""
