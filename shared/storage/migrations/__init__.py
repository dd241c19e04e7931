"""One history for every schema; a revision touches one writer's, and only goes forward."""
