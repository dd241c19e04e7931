"""The mark in our own mail by which an answer to it is cut exactly."""

REPLY_MARKER = "postroom-reply-above"
"""Class and id of an element, and part of a text line; what an answer has from there on is ours."""
