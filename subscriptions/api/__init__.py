"""The API of those who listen: topics and webhook endpoints, and what every API view shares."""
