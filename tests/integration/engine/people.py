"""Many people at once, whom only their numbers tell apart."""

PEOPLE = """
INSERT INTO subscriptions_subscriber (id, email, address_key, status, language, created_at)
SELECT id, id || '@people.example', sha256(id::text::bytea), 'active', 'en', now()
FROM generate_series(1, %(people)s) AS id ON CONFLICT DO NOTHING
"""
