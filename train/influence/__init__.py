"""Which training digits an answer was learned from: the nearest ones, TracIn, and how both are checked."""
