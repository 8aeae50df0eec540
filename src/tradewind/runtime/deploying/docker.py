"""The Dockerfile: the page, the wheel, a small image that runs as nobody with nothing of its own to write to."""

from __future__ import annotations

from typing import Final

from tradewind.runtime.deploying.units import DATA, USER_ID

_DOCKERFILE: Final = """\
# Made by `tradewind deploy files`; change src/tradewind/runtime/deploying/docker.py and make it again.
# docker build -f deploy/docker/Dockerfile --target services -t tradewind:local .
# docker build -f deploy/docker/Dockerfile --target gateway -t tradewind-gateway:local .

FROM node:22-bookworm-slim AS page
WORKDIR /build/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.11-slim-bookworm AS wheel
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY requirements/ requirements/
RUN python -m venv /opt/tradewind \\
 && /opt/tradewind/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/production.txt \\
 && python -m venv /opt/build \\
 && /opt/build/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements/build.txt
COPY pyproject.toml hatch_build.py LICENSE README.md README.en.md CHANGELOG.md ./
COPY src/ src/
COPY --from=page /build/src/tradewind/ui/static/ src/tradewind/ui/static/
RUN /opt/build/bin/python -m hatchling build -t wheel \\
 && /opt/tradewind/bin/pip install --no-cache-dir --no-deps dist/tradewind-*.whl \\
 && /opt/tradewind/bin/python -m compileall -q /opt/tradewind/lib

FROM python:3.11-slim-bookworm AS services
RUN useradd --uid {user} --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tradewind \\
 && install -d -o {user} -g {user} -m 0700 {data}
COPY --from=wheel /opt/tradewind /opt/tradewind
ENV PATH=/opt/tradewind/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp LANG=C.UTF-8
USER {user}:{user}
WORKDIR {data}
VOLUME {data}
ENTRYPOINT ["tradewind"]
CMD ["--help"]

FROM services AS gateway
USER 0:0
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends nginx-light && rm -rf /var/lib/apt/lists/*
USER {user}:{user}
CMD ["nginx", "--run"]
"""
_IGNORED: Final = """\
*
!pyproject.toml
!hatch_build.py
!LICENSE
!README.md
!README.en.md
!CHANGELOG.md
!requirements/
!src/
!web/
**/__pycache__
**/*.so
**/node_modules
src/tradewind/ui/static
"""


def docker_files() -> dict[str, str]:
    """Return the Dockerfile and what of the project it may see."""
    return {
        "docker/Dockerfile": _DOCKERFILE.format(user=USER_ID, data=DATA),
        "docker/Dockerfile.dockerignore": _IGNORED,
    }
