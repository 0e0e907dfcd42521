"""Pictures of every page and every kind of mail, to be looked at by people: `make screenshots`."""
