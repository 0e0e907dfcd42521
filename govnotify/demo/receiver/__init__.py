"""An HTTPS server that plays the demo's webhook endpoints: answers, verifies, counts. Loopback only."""
