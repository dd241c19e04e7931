"""Posts as they are read: mail made safe, its files and images, and all of a ticket in one order."""
