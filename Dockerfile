# The course in a container, for someone who is not root, with the models inside:
#   docker build --tag two-levers --build-arg TORCH_INDEX=https://... .
#   docker run --rm --publish 127.0.0.1:8888:8888 --volume two-levers:/home/learner/progress two-levers
# TORCH_INDEX is the address of the CPU index that PyTorch's install page shows; without it the image grows by several GB.
FROM python:3.12-slim

ARG TORCH_INDEX=""
# Debian packages besides, for the dev container.
ARG PACKAGES=""

RUN test -z "$PACKAGES" || { apt-get update \
    && apt-get install --yes --no-install-recommends $PACKAGES \
    && rm -rf /var/lib/apt/lists/*; }
RUN useradd --create-home --uid 1000 learner \
    && install --directory --owner learner /home/learner/two-levers /home/learner/progress

# By number: a cluster then sees that it is not root.
USER 1000
WORKDIR /home/learner/two-levers
ENV PATH=/home/learner/.venv/bin:$PATH \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    TWOLEVERS_HOME=/home/learner/progress \
    TWOLEVERS_MODELS=/home/learner/models

# What seldom changes comes first: a changed lesson then installs nothing again.
COPY --chown=1000:1000 pyproject.toml constraints.txt README.md LICENSE LICENSE-CONTENT ./
COPY --chown=1000:1000 src src
RUN python -m venv /home/learner/.venv \
    && { test -z "$TORCH_INDEX" || pip install --no-deps --constraint constraints.txt --index-url "$TORCH_INDEX" torch; } \
    && pip install --constraint constraints.txt --editable . \
    && twolevers models
# A port that a container publishes comes in from outside; the token still guards the server.
RUN install --directory /home/learner/.jupyter \
    && echo 'c.ServerApp.ip = "0.0.0.0"' > /home/learner/.jupyter/jupyter_server_config.py
COPY --chown=1000:1000 . .

EXPOSE 8888
CMD ["twolevers", "lab", "--no-browser", "--port", "8888"]
