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
import { ADMIN_SETTINGS } from './admin-settings.ts';
import { DNS_SETTINGS } from './dns-settings.ts';
import { REDIS_SETTINGS } from './redis-settings.ts';
import { section } from './section.ts';
import { socketMode } from './socket-mode.ts';

const policyName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$', expected: 'a policy name' });

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
    admin: ADMIN_SETTINGS,
    data: Type.String({
      format: 'path-or-memory',
      default: 'data',
      flag: '--data <dir>',
      description: 'The directory for what Postward itself keeps, or `memory` to keep nothing.',
    }),
    redis: REDIS_SETTINGS,
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
        'Start in spite of mistakes in a policy, and decide as Postfix would with them; what Postfix could use and Postward cannot defers the mail that comes to it. A reload never puts mistakes in the place of a policy without.',
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
