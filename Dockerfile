# One image for every process of the platform: docker-compose.yml says which runs where.
# Any base with Python 3.11 as `python3` does: docker build --build-arg BASE=debian-with-python .
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
RUN python3 -m venv /venv
COPY requirements/run.txt /tmp/run.txt
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/run.txt

FROM ${BASE}
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DJANGO_SETTINGS_MODULE=govnotify.settings STATIC_ROOT=/app/staticfiles
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin govnotify
WORKDIR /app
COPY --from=build /venv /venv
COPY . .
# The user of the processes can't write here, so what Python and the web server would make at the start is made now.
RUN python -m compileall -q . && python manage.py check && python manage.py collectstatic --noinput
USER govnotify
EXPOSE 8000
CMD ["granian", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--blocking-threads", "4", "--respawn-failed-workers", "--workers-kill-timeout", "3", "govnotify.wsgi:application"]
