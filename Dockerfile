# One image for every command: serve (the default), worker, migrate. Any other of `python -m app` works as well.
FROM python:3.11-slim-bookworm AS packages
WORKDIR /srv
COPY requirements.lock .
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --no-deps --only-binary=:all: --require-hashes --requirement requirements.lock

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --home-dir /srv app \
 && install --directory --owner=app /srv/var
WORKDIR /srv
COPY --from=packages /opt/venv /opt/venv
COPY app app
COPY migrations migrations
COPY tenants tenants
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 CA_HOST=0.0.0.0 CA_STATE_FOLDER=/srv/var
USER 10001
VOLUME /srv/var
EXPOSE 8000
HEALTHCHECK --start-period=20s CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://127.0.0.1:8000/health', timeout=3)"]
ENTRYPOINT ["python", "-m", "app"]
CMD ["serve"]
