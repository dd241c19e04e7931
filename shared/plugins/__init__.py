"""What a plug-in implements, and how it is found. One file and one entry point make a plug-in."""
