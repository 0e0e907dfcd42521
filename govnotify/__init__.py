"""The project: settings, Celery app, routes, health, the embedded services and the demo."""
