# The versions of requirements.txt, and ftlserver, in an environment of their own.
FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /opt/ftlserver
COPY requirements.txt .
RUN /opt/ftlserver/bin/pip install --no-cache-dir --requirement requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY docs/man docs/man
COPY ftlcommon ftlcommon
COPY ftlclient ftlclient
COPY ftlserver ftlserver
RUN /opt/ftlserver/bin/pip install --no-cache-dir --no-deps .

FROM python:3.13-slim
RUN groupadd --gid 10001 ftlserver \
    && useradd --uid 10001 --gid ftlserver --no-create-home --home-dir /data --shell /usr/sbin/nologin ftlserver \
    && install --directory --owner ftlserver --group ftlserver --mode 0700 /data
COPY --from=build /opt/ftlserver /opt/ftlserver
ENV PATH=/opt/ftlserver/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=/data/ftl.sqlite3 \
    HOST=0.0.0.0 \
    PORT=8080
USER ftlserver
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/healthz\", timeout=4)"]
ENTRYPOINT ["ftlserver"]
CMD ["serve"]
