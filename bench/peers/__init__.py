"""Side by side: what a Django team would pick instead, with the same recipients, message, servers and kill -9.

    python -m bench.peers --recipients 20000

Each peer is a small Django project in a module of its own (`celery_task`, `post_office_queue`, `mailer_queue`) that
runs in a virtual environment with the packages of requirements.txt. `contest` runs them, `ours` runs us.
"""
