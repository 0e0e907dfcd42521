"""An SMTP server that takes every mail, counts who got what, and shows the mails on a page. Loopback only."""
