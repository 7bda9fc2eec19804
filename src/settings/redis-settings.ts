/** The settings `redis`: one server, Sentinel or a Cluster, and how it is spoken to. */
import { Type } from 'typebox';
import { section } from './section.ts';

export const REDIS_SETTINGS = section(
  'A Redis (6 or later) that several Postwards share: their managed lists and DNS answers. One of `url`, `sentinel` and `cluster`; without them there is none.',
  {
    url: Type.Optional(
      Type.String({
        format: 'redis-url',
        secret: true,
        description:
          'One server: `redis://HOST:PORT`, `rediss://HOST:PORT` (TLS) or `unix:/path`; `/N` behind the port chooses a database. May hold `USER:PASSWORD@`, percent-encoded.',
      }),
    ),
    sentinel: section('Servers that Redis Sentinel watches over.', {
      name: Type.String({
        default: 'mymaster',
        pattern: '^[A-Za-z0-9._-]+$',
        expected: 'the name of a master',
        description: 'The name by which the Sentinels know the master.',
      }),
      nodes: Type.Array(Type.String({ format: 'host-port' }), {
        default: [],
        description: 'The Sentinels, `HOST:PORT`, commonly on port 26379.',
      }),
      username: Type.Optional(Type.String({ description: 'User for the Sentinels themselves.' })),
      password: Type.Optional(
        Type.String({ secret: true, description: 'Password for the Sentinels themselves.' }),
      ),
    }),
    cluster: Type.Array(Type.String({ format: 'host-port' }), {
      default: [],
      description: 'Some nodes of a Redis Cluster, `HOST:PORT`; the others are learnt from them.',
    }),
    username: Type.Optional(Type.String({ description: 'User (Redis ACL). Default: `default`.' })),
    password: Type.Optional(
      Type.String({ secret: true, description: 'Password; better in `password_file`.' }),
    ),
    password_file: Type.Optional(
      Type.String({ format: 'path', description: 'A file that holds the password and nothing else.' }),
    ),
    tls: section('TLS to Redis.', {
      enabled: Type.Boolean({
        default: false,
        description: 'Speak TLS with the servers, and with Sentinels. `rediss://` says so too.',
      }),
      ca_file: Type.Optional(
        Type.String({
          format: 'path',
          description: 'Certificates (PEM) that the servers have to be signed by. Default: those of Node.',
        }),
      ),
      certificate_file: Type.Optional(
        Type.String({ format: 'path', description: 'Our certificate (PEM), where Redis asks for one.' }),
      ),
      key_file: Type.Optional(
        Type.String({ format: 'path', description: 'The key of our certificate (PEM).' }),
      ),
      server_name: Type.Optional(
        Type.String({
          description: 'The name that the certificates of the servers are for. Default: their host.',
        }),
      ),
    }),
    key_prefix: Type.String({
      default: 'postward:',
      pattern: '^[!-z|~]{0,64}$',
      expected: 'up to 64 characters, no blanks or braces',
      description: 'What every key in Redis begins with. Postwards share with those of the same prefix.',
    }),
    timeout_ms: Type.Integer({
      default: 100,
      minimum: 10,
      maximum: 10_000,
      description:
        'How long an answer of Redis is waited for, in milliseconds. What is not answered by then goes on without.',
    }),
  },
);
