"""How services hear and tell: one message is one transaction; two transports behind one seam."""
