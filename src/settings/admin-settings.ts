/** The settings `admin`: the HTTP address for health, metrics and the API, and who gets in. */
import { Type } from 'typebox';
import { section } from './section.ts';
import { socketMode } from './socket-mode.ts';

export const ADMIN_SETTINGS = section(
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
      description: 'Who gets /metrics: everybody who reaches the address, or a token with the scope `read`.',
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
);
