"""An HTTPS server that plays the demo's webhook endpoints and its browsers' push service, on loopback only."""
