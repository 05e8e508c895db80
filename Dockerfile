# syntax=docker/dockerfile:1
# The server in a small image. Serves stdio by default (run with -i); see docs/operate/containers.md for HTTP.
# Other images with Node will do, too: scripts/image.sh makes two from Debian's packages.
ARG BUILD_IMAGE=node:22-slim
ARG RUN_IMAGE=node:22-alpine

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/tidy-dist.mjs ./scripts/
COPY scripts/bundle ./scripts/bundle
COPY src ./src
COPY view ./view
RUN npm run build

# The bundle is JavaScript and WebAssembly, so the other C library does not matter.
FROM ${RUN_IMAGE}
LABEL io.modelcontextprotocol.server.name="io.github.OWNER/pyroscope-mcp"
ENV NODE_ENV=production
WORKDIR /app
COPY package.json LICENSE ./
COPY --from=build /app/bundle ./bundle
COPY fixtures/demo ./fixtures/demo
COPY docker/healthcheck.mjs ./docker/
# The image's user "node", as a number: Kubernetes can only see from one that it is not root.
USER 1000:1000
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["node", "docker/healthcheck.mjs"]
ENTRYPOINT ["node", "/app/bundle/main.js"]
