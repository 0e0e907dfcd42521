"""How it travels: e-mail and webhooks. Knows bytes, sockets and outcomes; nothing of models or tasks."""
