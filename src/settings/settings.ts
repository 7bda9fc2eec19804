/**
 * The settings: everything about Postward that is not policy. This one table
 * is what the settings file, the environment, the command line's flags and
 * help, the editors' JSON Schema and the reference page are made from.
 *
 * Options of a row beside JSON Schema's own:
 *   flag       its flag on the command line
 *   shorthand  for a map: a plain text stands for this member of it
 *   format     how a text is checked and completed, see formats.ts
 *   expected   what a person is told it should be, where that is not obvious
 *   secret     never shown, not even in the report of a mistake in it
 */
import { type Static, Type } from 'typebox';
import { DNS_SETTINGS } from './dns-settings.ts';
import { section } from './section.ts';

const policyName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', expected: 'a policy name' });

const socketMode = Type.String({
  pattern: '^0?[0-7]{3}$',
  expected: 'an octal file mode such as 0660',
  description: 'Permissions of a UNIX-domain socket.',
});

const socket = section(
  'A socket that Postfix asks.',
  {
    address: Type.String({
      format: 'socket-address',
      description: '`HOST:PORT`, `[IPV6]:PORT` or `unix:/path`.',
    }),
    policy: Type.Optional(
      Type.String({
        ...policyName,
        description:
          'The policy that decides when a request names none in its policy_context. Default: `default_policy`.',
      }),
    ),
    mode: Type.Optional(socketMode),
  },
  { shorthand: 'address' },
);

export const SETTINGS = section(
  'Settings of Postward. Policy is not among them: it stands in main.cf syntax.',
  {
    listen: Type.Array(socket, {
      default: [{ address: '127.0.0.1:10040' }],
      minItems: 1,
      flag: '--listen <address...>',
      description:
        'Sockets that Postfix asks: `HOST:PORT`, `[IPV6]:PORT` or `unix:/path`. Default: `127.0.0.1:10040`.',
    }),
    policies: Type.Union(
      [
        Type.String({ format: 'path' }),
        Type.Record(Type.String(), Type.String({ format: 'path' }), { names: policyName }),
      ],
      {
        flag: '--policy <file>',
        expected: 'a directory, a file, or policy names with their files',
        description:
          'Policy files: a directory (every `*.cf` in it is a policy of that name), one file, or names with their files. Default: the policies that come with Postward.',
      },
    ),
    default_policy: Type.Optional(
      Type.String({
        ...policyName,
        description: 'The policy of sockets that name none. Default: the only one there is, else `mx`.',
      }),
    ),
    permit_action: Type.Enum(['DUNNO', 'OK'], {
      default: 'DUNNO',
      description:
        'What a permit is answered with. `OK` makes Postfix skip the rest of its own list: only where nothing after check_policy_service matters.',
    }),
    dns: DNS_SETTINGS,
    lists: section('Bounds on managed lists.', {
      max_entries: Type.Integer({
        default: 2_000_000,
        minimum: 1,
        maximum: 2_000_000,
        description:
          'Entries of all lists together; an edit beyond them is refused. Each takes some 60 bytes of memory.',
      }),
      max_lists: Type.Integer({
        default: 1000,
        minimum: 1,
        maximum: 100_000,
        description: 'Lists; one more is refused.',
      }),
    }),
    tables: section(
      'How servers behind lookup tables are asked: mysql:, pgsql:, sqlite:, ldap:, socketmap:, tcp:.',
      {
        connections: Type.Integer({
          default: 8,
          minimum: 1,
          maximum: 1000,
          description: 'Connections to the servers of one map file, and so questions at a time.',
        }),
        connect_ms: Type.Integer({
          default: 3000,
          minimum: 50,
          maximum: 60_000,
          description: 'How long connecting to one server, login included, may take, in milliseconds.',
        }),
        answer_ms: Type.Integer({
          default: 4000,
          minimum: 50,
          maximum: 60_000,
          description: 'How long one server has to answer before the next is asked, in milliseconds.',
        }),
        total_ms: Type.Integer({
          default: 6000,
          minimum: 50,
          maximum: 60_000,
          description: 'How long a lookup may take altogether, in milliseconds; then it has failed for now.',
        }),
        keep_ms: Type.Integer({
          default: 5000,
          minimum: 0,
          maximum: 3_600_000,
          description: 'How long an answer is used again, found or not, in milliseconds.',
        }),
      },
    ),
    admin: section(
      'The HTTP address for health, metrics and the admin API.',
      {
        address: Type.String({
          format: 'socket-address-or-off',
          default: '127.0.0.1:10080',
          flag: '--admin <address>',
          description:
            'Address for health, metrics and the API: `HOST:PORT`, `[IPV6]:PORT`, `unix:/path` or `off`. One that other machines reach needs `tls`, or `behind_proxy`.',
        }),
        mode: Type.Optional(
          Type.String({ ...socketMode, description: 'Permissions of a UNIX-domain socket. Default: 0600.' }),
        ),
        tls: section('The certificate to show; both files are read again when they change.', {
          certificate: Type.Optional(
            Type.String({
              format: 'path',
              description: 'PEM file: the certificate, then those between it and the authority.',
            }),
          ),
          key: Type.Optional(
            Type.String({ format: 'path', description: 'PEM file: its key, without a passphrase.' }),
          ),
        }),
        behind_proxy: Type.Boolean({
          default: false,
          description:
            'A proxy that speaks TLS stands before the address, and names its clients in X-Forwarded-For.',
        }),
        hosts: Type.Optional(
          Type.Array(
            Type.String({
              pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$',
              expected: 'a host name',
            }),
            {
              description:
                'Host names under which the API is asked. Default: none on a loopback address, where `localhost` and addresses do; any elsewhere.',
            },
          ),
        ),
        metrics: Type.Enum(['open', 'token'], {
          default: 'open',
          description:
            'Who gets /metrics: everybody who reaches the address, or a token with the scope `read`.',
        }),
        body_bytes: Type.Integer({
          default: 4_194_304,
          minimum: 65_536,
          maximum: 67_108_864,
          description: 'Bytes in the body of one request.',
        }),
        requests_per_minute: Type.Integer({
          default: 1200,
          minimum: 0,
          maximum: 1_000_000,
          description: 'Requests of one token, or of one address without. 0: no limit.',
        }),
        decisions: Type.Integer({
          default: 1000,
          minimum: 0,
          maximum: 100_000,
          description: 'How many of the last decisions are kept in memory to be asked for.',
        }),
        streams: Type.Integer({
          default: 16,
          minimum: 0,
          maximum: 200,
          description: 'How many clients may follow decisions at a time.',
        }),
      },
      { shorthand: 'address' },
    ),
    data: Type.String({
      format: 'path-or-memory',
      default: 'data',
      flag: '--data <dir>',
      description: 'The directory for what Postward itself keeps, or `memory` to keep nothing.',
    }),
    redis: section(
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
              description:
                'Certificates (PEM) that the servers have to be signed by. Default: those of Node.',
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
    ),
    limits: section(
      'Bounds on what a client of the policy sockets may do; beyond them its connection is closed.',
      {
        connections: Type.Integer({
          default: 2000,
          minimum: 1,
          maximum: 100_000,
          description: 'Connections at a time, over all sockets.',
        }),
        idle_seconds: Type.Integer({
          default: 1200,
          minimum: 1,
          maximum: 86_400,
          description:
            'How long a connection may be silent. Postfix itself closes after 300 (smtpd_policy_service_max_idle).',
        }),
        stall_seconds: Type.Integer({
          default: 30,
          minimum: 1,
          maximum: 3600,
          description: 'How long a client may take for the rest of a request, or to read its answer.',
        }),
        line_bytes: Type.Integer({
          default: 8192,
          minimum: 1024,
          maximum: 1_048_576,
          description: 'Bytes in one line of a request.',
        }),
        request_bytes: Type.Integer({
          default: 65_536,
          minimum: 4096,
          maximum: 16_777_216,
          description: 'Bytes in one request.',
        }),
        attributes: Type.Integer({
          default: 256,
          minimum: 40,
          maximum: 10_000,
          description: 'Attributes in one request.',
        }),
      },
    ),
    decision: section('When a decision takes too long or goes wrong.', {
      deadline_seconds: Type.Integer({
        default: 20,
        minimum: 1,
        maximum: 95,
        description:
          'How long a decision may take. Keep it below smtpd_policy_service_timeout of Postfix, which is 100.',
      }),
      fail_action: Type.String({
        default: 'DEFER_IF_PERMIT 4.3.5 Server configuration error',
        pattern: '^\\S.*$',
        expected: 'an action of access(5)',
        description: 'What is answered when the deadline has passed, or after a fault of ours.',
      }),
    }),
    log: section(
      'The log, on standard output.',
      {
        level: Type.Enum(['debug', 'info', 'warn', 'error'], {
          default: 'info',
          description: 'The least important lines to write.',
        }),
        format: Type.Enum(['auto', 'json', 'text'], {
          default: 'auto',
          description: 'One JSON object a line, or text for reading. `auto`: text on a terminal, else JSON.',
        }),
        decisions: Type.Enum(['all', 'objections'], {
          default: 'all',
          description: 'Log every decision, or leave out plain permits.',
        }),
      },
      { shorthand: 'level' },
    ),
    lenient: Type.Boolean({
      default: false,
      flag: '--lenient',
      description:
        'Start in spite of mistakes in a policy, and decide as Postfix would with them. A reload never puts mistakes in the place of a policy without.',
    }),
  },
);

/** `policies` as it is set: a directory or file, or names with files. */
export type PoliciesSetting = Static<typeof SETTINGS>['policies'];

/** The settings in force: complete, paths absolute, every socket with its policy. */
export interface Settings extends Omit<Static<typeof SETTINGS>, 'listen' | 'default_policy'> {
  readonly listen: readonly SocketSetting[];
}

export interface SocketSetting {
  readonly address: string;
  readonly policy: string;
  /** Octal permissions of a UNIX-domain socket; undefined leaves them to the umask. */
  readonly mode?: string;
}
