/**
 * The description of the API, OpenAPI 3.1, made of the very schemas that
 * requests are held against. Adds to each operation what holds for all: the
 * token it needs, and the problems it may answer with.
 */
import swagger from '@fastify/swagger';
import type { FastifyInstance, RouteOptions } from 'fastify';
import { type TObject, Type } from 'typebox';
import type { Access, Scope } from './auth/scope.ts';
import { SCOPE_SUMMARIES } from './auth/scope.ts';
import { PROBLEM_SCHEMA, PROBLEM_TYPE } from './problem.ts';

const TAGS = {
  lists: 'Managed lists, and what is in them.',
  policies: 'The policies in force, and those that may come.',
  explain: 'How a request is decided, step by step.',
  decisions: 'What was decided.',
  dns: 'What the DNS has answered.',
  audit: 'Who changed what.',
  tokens: 'Who may use this API.',
  status: 'How the daemon is.',
} as const;

export type Tag = keyof typeof TAGS;

const HEADERS = {
  'If-Match': 'Only if it is there, with the version in quotes that ETag gave, or with any: `*`.',
  'If-None-Match': 'To edit: `*`, only if it is not there. To read: the versions that one has.',
  'Idempotency-Key': 'Under the same key, what is sent again within the hour is not done again.',
  'Last-Event-ID': 'The id of the last event that was received: what was missed comes first.',
} as const;

type HeaderName = keyof typeof HEADERS;

interface Operation {
  readonly security?: unknown;
  responses?: Record<string, { description?: string; content?: unknown }>;
  [extension: `x-${string}`]: unknown;
}

interface Described {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components?: Record<string, unknown>;
}

/** To be called before routes are added. */
export async function describeApi(server: FastifyInstance, version: string): Promise<void> {
  await server.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Postward admin API',
        version,
        description:
          'Lists, policies, decisions and more of a running Postward. Errors are problem details (RFC 9457). A token is sent as `Authorization: Bearer …`; `x-scopes` of an operation names the scopes of which one is enough (`admin` always is).',
        license: { name: 'MIT', identifier: 'MIT' } as { name: string },
      },
      servers: [{ url: '/' }],
      tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
      components: {
        securitySchemes: {
          token: {
            type: 'http',
            scheme: 'bearer',
            description: `Scopes: ${Object.entries(SCOPE_SUMMARIES)
              .map(([scope, summary]) => `\`${scope}\`: ${summary}`)
              .join(' ')}`,
          },
        },
      },
    },
    transform: ({ schema, url, route }) => {
      const access = route.config?.access as Access;
      return {
        url,
        schema: {
          ...schema,
          ...headersOf(route),
          ...(access === 'open'
            ? { security: [] }
            : { security: [{ token: [] }], 'x-scopes': scopesOf(access) }),
        },
      };
    },
    transformObject: (document) =>
      withProblems(('openapiObject' in document ? document.openapiObject : {}) as Described),
  });
}

/** Headers that an operation heeds. They are checked where they are heeded (versions.ts, idempotency.ts). */
function headersOf({ method, config, schema }: RouteOptions): { headers?: TObject } {
  const names: HeaderName[] = [];
  if (method === 'POST') names.push('Idempotency-Key');
  if (config?.hasVersions === true) names.push('If-Match', 'If-None-Match');
  if (method === 'GET' && Object.hasOwn((schema?.response as object | undefined) ?? {}, '304')) {
    names.push('If-None-Match');
  }
  if (schema?.produces?.includes('text/event-stream') === true) names.push('Last-Event-ID');
  if (names.length === 0) return {};
  const described = names.map((name) => [name, Type.Optional(Type.String({ description: HEADERS[name] }))]);
  return { headers: Type.Object(Object.fromEntries(described)) };
}

function scopesOf(access: readonly Scope[]): readonly Scope[] {
  return access.includes('admin') ? access : [...access, 'admin'];
}

function withProblems(document: Described): never {
  const schema = { $ref: '#/components/schemas/Problem' };
  document.components = {
    ...document.components,
    schemas: { ...(document.components?.['schemas'] as object), Problem: PROBLEM_SCHEMA },
  };
  for (const operations of Object.values(document.paths ?? {})) {
    for (const operation of Object.values(operations)) {
      operation.responses = {
        ...operation.responses,
        default: { description: 'What was wrong.', content: { [PROBLEM_TYPE]: { schema } } },
      };
    }
  }
  return document as never;
}
