"""Side by side: what a Django team would pick instead, with the same recipients, message, servers and kill -9.

    python -m bench.peers --recipients 20000

Each peer is a small Django project in a module of its own (`celery_task`, `post_office_queue`, `mailer_queue`) that
runs in a virtual environment with the packages of requirements.txt. With --mailman there is Mailman 3 as well
(`mailman_list`), in an environment of its own. `contest` runs them, `ours` runs us.
"""
