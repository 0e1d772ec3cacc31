FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
ENV SQLX_OFFLINE=true
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --locked --release --workspace --bins \
    && install -D -t /out target/release/openrace target/release/indexer

FROM debian:bookworm-slim
LABEL org.opencontainers.image.title="OpenRace" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
    && apt-get install -y --no-install-recommends tzdata \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /var/lib/openrace openrace
COPY --from=build /out/ /usr/local/bin/
USER openrace
WORKDIR /var/lib/openrace
ENV OPENRACE_INDEX_DIR=/var/lib/openrace/index \
    OPENRACE_LISTEN=0.0.0.0:8080 \
    OPENRACE_ADMIN_LISTEN=0.0.0.0:8081
# A named volume takes its owner from this folder.
RUN mkdir index
VOLUME /var/lib/openrace/index
EXPOSE 8080 8081
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["openrace", "healthcheck"]
CMD ["openrace", "serve"]
