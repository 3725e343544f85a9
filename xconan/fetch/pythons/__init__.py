"""Host Pythons fetched, verified and put into xconan's store."""
