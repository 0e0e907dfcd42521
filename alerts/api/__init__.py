"""The API of those who speak: bulletins and alerts, and its reference pages."""
