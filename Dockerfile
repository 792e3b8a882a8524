# recon in one image; the role is chosen by the command: `run`, or `run --roles service`.
FROM rust:1.95-bookworm AS build
WORKDIR /build
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --locked --release --bin recon && cp target/release/recon /usr/local/bin/recon

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates socat && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/recon --create-home recon \
    && chmod 700 /var/lib/recon
COPY --from=build /usr/local/bin/recon /usr/local/bin/recon
USER recon
# The key that seals tokens, the service's and the wallet's tokens, the first operator's password and, with SQLite, the databases.
VOLUME /var/lib/recon
# From outside the container nothing else is reachable; /internal asks for the token.
ENV RECON_DATA_DIR=/var/lib/recon RECON_SERVICE__BIND=0.0.0.0:8080 RECON_WORKER__BIND=0.0.0.0:8081 \
    RECON_ADMIN__BIND=0.0.0.0:8000 RECON_WALLET__BIND=0.0.0.0:8090
EXPOSE 8000 8080 8081 8090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 CMD ["recon", "health", "--url", "http://127.0.0.1:8080"]
ENTRYPOINT ["recon"]
CMD ["run"]
