# Dogwatch's image: one bundle, Node, and the libraries that Node is linked to. Nothing else is in it: no shell, no package
# manager, no npm. It runs as an unprivileged user and writes to /var/lib/dogwatch only.
#
#   docker build -t dogwatch:0.1.0 .                                        for this machine
#   docker buildx build --platform linux/amd64,linux/arm64 -t NAME --push . for both; no stage runs foreign code
#
# BASE may be any Debian-like image (glibc) with node and npm 24 in /usr/local; it gives the build its tools and the
# image its files.
ARG BASE=docker.io/library/node:24-bookworm-slim
ARG BUILD_BASE=${BASE}

FROM --platform=${BUILDPLATFORM} ${BUILD_BASE} AS bundle
WORKDIR /build
COPY package.json package-lock.json ./
# The secret is optional: a private registry or proxy, said in an .npmrc that stays out of every layer.
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc --mount=type=cache,target=/root/.npm \
    npm ci --ignore-scripts --no-audit --no-fund
COPY . .
ARG COMMIT
# There is no env in the image for the first line to ask where node is.
RUN DOGWATCH_COMMIT=${COMMIT} node hack/bundle.ts --out /out/usr/local/lib/dogwatch/dogwatch.mjs \
    && sed -i '1s|^#!.*|#!/usr/local/bin/node|' /out/usr/local/lib/dogwatch/dogwatch.mjs \
    && mkdir -p /out/usr/local/bin /out/etc /data \
    && ln -s ../lib/dogwatch/dogwatch.mjs /out/usr/local/bin/dogwatch
# Kubernetes runs a numeric user without asking passwd; the entry is for what looks the name up. Without nsswitch.conf the C
# library would ask DNS before /etc/hosts.
RUN printf 'root:x:0:0:root:/:/sbin/nologin\ndogwatch:x:65532:65532:dogwatch:/var/lib/dogwatch:/sbin/nologin\n' > /out/etc/passwd \
    && printf 'root:x:0:\ndogwatch:x:65532:\n' > /out/etc/group \
    && printf 'hosts: files dns\n' > /out/etc/nsswitch.conf

FROM ${BASE} AS node

FROM scratch
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="dogwatch" \
      org.opencontainers.image.description="Keeps watch over a Kubernetes cluster, driven by custom resources." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
# The program loader is looked for in /lib64 on amd64 and in /lib on arm64.
COPY --from=node /usr/lib/*-linux-gnu/ld-linux-*.so.* /lib64/
COPY --from=node \
    /usr/lib/*-linux-gnu/ld-linux-*.so.* \
    /usr/lib/*-linux-gnu/libc.so.6 \
    /usr/lib/*-linux-gnu/libdl.so.2 \
    /usr/lib/*-linux-gnu/libm.so.6 \
    /usr/lib/*-linux-gnu/libpthread.so.0 \
    /usr/lib/*-linux-gnu/libgcc_s.so.1 \
    /usr/lib/*-linux-gnu/libstdc++.so.6 \
    /lib/
COPY --from=node /usr/share/doc/libc6/copyright /usr/share/doc/libc6/copyright
COPY --from=node /usr/share/doc/gcc-*-base/copyright /usr/share/doc/gcc-base/copyright
COPY --from=node /usr/local/LICENSE /usr/share/doc/node/LICENSE
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=bundle /out/ /
COPY --from=bundle --chown=65532:65532 /data/ /var/lib/dogwatch/
# One heap arena of the C library: more of them serve threads that this program hardly has, and keep what they were given.
# Fixed thresholds: by default the C library stops giving large blocks back once it has freed one.
ENV PATH=/usr/local/bin MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072 MALLOC_TOP_PAD_=0
USER 65532:65532
WORKDIR /var/lib/dogwatch
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/dogwatch"]
CMD ["operator"]
