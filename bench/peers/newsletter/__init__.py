"""The application that each of the peers' projects has: people and one newsletter to them."""
