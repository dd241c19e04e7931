# One image for every service; the command says which: `python -m services.parser`.
# Where packages come from is pip's own business: hand PIP_INDEX_URL and the like to the build.

FROM python:3.12-slim AS build
ARG PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /source

# what changes seldom comes first
COPY requirements/base.lock requirements/build.lock requirements/
RUN pip install --require-hashes -r requirements/build.lock
RUN python -m venv /opt/postroom && /opt/postroom/bin/pip install --require-hashes -r requirements/base.lock

# the package itself, without a network: plug-ins are found by the entry points that come with it
COPY pyproject.toml README.md ./
COPY shared shared
COPY plugins plugins
COPY services services
COPY sandbox sandbox
COPY postroom postroom
RUN pip wheel --no-deps --no-index --no-build-isolation --wheel-dir /wheels . \
 && /opt/postroom/bin/pip install --no-deps --no-index /wheels/postroom-*.whl


FROM python:3.12-slim
# a fresh volume takes the owner and the mode of the folder that it is mounted on
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent postroom \
 && cd /var/lib && mkdir postroom sandbox handed && cd postroom && mkdir blobs keys \
 && cd ../handed && mkdir ingest ticketing triggers mailer desk \
 && chmod -R 0700 /var/lib/postroom /var/lib/sandbox /var/lib/handed \
 && chown -R postroom:postroom /var/lib/postroom /var/lib/sandbox /var/lib/handed
COPY --from=build /opt/postroom /opt/postroom
ENV PATH=/opt/postroom/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    POSTROOM_HOME=/var/lib/postroom
USER postroom
WORKDIR /var/lib/postroom
CMD ["postroom", "--help"]
