"""The pages of those who speak: drafts, publishing, emergency alerts, results."""
