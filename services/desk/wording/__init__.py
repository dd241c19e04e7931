"""What other parts keep as one word or as data, in the words of the pages."""
