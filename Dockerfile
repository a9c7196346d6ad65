# One image for worker, Prefect server and commands: docker build --build-arg EXTRAS=train -t evalflows .
# EXTRAS: extras of pyproject.toml, separated by commas; `train` brings torch, for `local:` judges.
ARG BASE=python:3.11-slim

FROM ${BASE} AS build
ARG EXTRAS=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
WORKDIR /app
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY pyproject.toml constraints.txt ./
# What is depended on comes first, in a layer that lasts until one of these two files changes.
RUN python -c "import sys, tomllib; p = tomllib.load(open('pyproject.toml', 'rb'))['project']; \
    extras = [p['optional-dependencies'][e] for e in sys.argv[1].split(',') if e]; \
    print(*sum(extras, p['dependencies']), sep='\n')" "${EXTRAS}" > /tmp/requirements.txt \
    && pip install --constraint constraints.txt --requirement /tmp/requirements.txt
COPY . .
RUN pip install --no-deps --editable . && pip check

FROM ${BASE}
RUN groupadd --system --gid 10001 evalflows \
    && useradd --system --uid 10001 --gid evalflows --no-create-home --home-dir /var/lib/evalflows \
        --shell /usr/sbin/nologin evalflows \
    && install --directory --owner=evalflows --group=evalflows --mode=0700 /var/lib/evalflows \
    && install --directory /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DO_NOT_TRACK=1 \
    EVALFLOWS_HOME=/var/lib/evalflows \
    EVALFLOWS_ROOT=/app \
    PREFECT_HOME=/var/lib/evalflows/prefect \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    PREFECT_SERVER_EPHEMERAL_ENABLED=false
WORKDIR /app
USER 10001:10001
# That of a worker; compose.yaml has another for the server.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/health', timeout=4)"]
CMD ["python", "-m", "deployments.worker"]
