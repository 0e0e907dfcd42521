"""The demo's data: public bodies of a country that does not exist, who works there and who listens."""
