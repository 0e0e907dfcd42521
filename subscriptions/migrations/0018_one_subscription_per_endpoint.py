"""The uniqueness of machines' subscriptions, by an index that has no entry for every person's.

At every step one of the two holds, there and back: who writes an endpoint's topics relies on it. The old one goes in
the transaction that gives the new one its name, and a migration that was broken off anywhere is begun again.
"""

from django.db import migrations, models

LEFT = "DROP INDEX CONCURRENTLY IF EXISTS one_subscription_of_endpoint"
WIDE = """
CREATE UNIQUE INDEX CONCURRENTLY one_subscription_of_endpoint ON subscriptions_subscription (endpoint_id, topic_id)
"""
NARROW = f"{WIDE} WHERE endpoint_id IS NOT NULL"
OLD = """
ALTER TABLE subscriptions_subscription DROP CONSTRAINT IF EXISTS one_subscription_per_endpoint;
DROP INDEX IF EXISTS one_subscription_per_endpoint;
"""
RENAMED = f"{OLD} ALTER INDEX one_subscription_of_endpoint RENAME TO one_subscription_per_endpoint"
CONSTRAINT = f"""{OLD}
ALTER TABLE subscriptions_subscription
ADD CONSTRAINT one_subscription_per_endpoint UNIQUE USING INDEX one_subscription_of_endpoint
"""
FORTH = [LEFT, NARROW, RENAMED]
BACK = [LEFT, WIDE, CONSTRAINT]


class Migration(migrations.Migration):
    atomic = False  # an index made beside those who subscribe

    dependencies = [("subscriptions", "0017_autovacuum")]

    operations = [
        migrations.RunSQL(
            FORTH,
            BACK,
            state_operations=[
                migrations.RemoveConstraint("subscription", "one_subscription_per_endpoint"),
                migrations.AddConstraint(
                    "subscription",
                    models.UniqueConstraint(
                        condition=models.Q(("endpoint__isnull", False)),
                        fields=("endpoint", "topic"),
                        name="one_subscription_per_endpoint",
                    ),
                ),
            ],
        )
    ]
