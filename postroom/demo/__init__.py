"""The demo: the whole product on one machine, with a Graph of its own, sample mail and customers."""
