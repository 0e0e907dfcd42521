"""The citizens' pages: subscribe, confirm, unsubscribe, manage. GET changes nothing; none needs a script."""
