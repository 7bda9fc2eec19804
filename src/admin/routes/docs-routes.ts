/**
 * `/openapi.json`, and `/docs`: a page by which a person can read it, and try
 * it out. The page's program and styles come from @fastify/swagger-ui, and are
 * read from disk when somebody asks for them.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import type { Routes } from '../server.ts';

const FILES = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
} as const;

type FileName = keyof typeof FILES;

/** Everything from here; the styles and pictures that Swagger UI writes into the page are data and inline. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Postward admin API</title>
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

/** A token that is entered stays in the page. */
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

const CACHE = 'public, max-age=86400';

export const docsRoutes: Routes = (server) => {
  const config = { access: 'open' } as const;
  const schema = { hide: true };

  server.get(
    '/openapi.json',
    {
      config,
      schema: { tags: ['status'], summary: 'This description.', response: { 200: Type.Unknown() } },
    },
    async () => server.swagger() as unknown,
  );
  server.get('/docs', { config, schema, serializerCompiler: asIs }, async (_request, reply) => {
    reply.type('text/html; charset=utf-8').header('content-security-policy', POLICY);
    reply.header('referrer-policy', 'no-referrer');
    return PAGE;
  });
  server.get('/docs/start.js', { config, schema, serializerCompiler: asIs }, async (_request, reply) => {
    reply.type('text/javascript; charset=utf-8');
    return START;
  });
  for (const name of Object.keys(FILES) as FileName[]) {
    server.get(`/docs/${name}`, { config, schema }, async (_request, reply) => {
      reply.type(FILES[name]).header('cache-control', CACHE);
      return reply.send(await readFile(join(assets(), name)));
    });
  }
};

const asIs = () => (text: unknown) => String(text);

function assets(): string {
  return join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static');
}
