# Postward in a container: docs/guide/install.md tells how to run it.
# test/dockerfile.test.ts holds every path and command here against the tree.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY tools ./tools
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build
# What is needed at run time, without the Node that development is pinned to.
RUN npm ci --omit=dev --omit=optional --workspaces=false

FROM node:24-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json ./package.json
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY config ./config
COPY policies ./policies
# All that Postward itself keeps; the rest of the file system may be read-only.
RUN mkdir /var/lib/postward && chown node:node /var/lib/postward
VOLUME /var/lib/postward
USER node
# The policy socket for other containers and hosts: publish it where they are. The admin address stays on the
# container's own loopback unless POSTWARD_ADMIN__ADDRESS says otherwise.
ENV POSTWARD_LISTEN=0.0.0.0:10040 POSTWARD_POLICIES=/app/policies POSTWARD_DATA=/var/lib/postward
EXPOSE 10040 10080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "dist/main.js", "health"]
CMD ["node", "dist/main.js", "serve"]
