"""Commands of manage.py that belong to subscriptions/."""
