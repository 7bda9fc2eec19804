/**
 * Every event that Postward logs: one frozen table, from which the typed log
 * functions, the label values of metrics and the reference page are made. The
 * wording of an event stands here and nowhere else.
 *
 * `message` may name fields in braces. Decisions have a message of their own,
 * in Postfix's shape; see decision-line.ts.
 */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type FieldKind = 'text' | 'number' | 'texts';

export interface EventRow {
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, FieldKind>>;
  readonly summary: string;
}

function event<F extends Readonly<Record<string, FieldKind>>>(
  level: LogLevel,
  summary: string,
  message: string,
  fields: F,
): EventRow & { readonly fields: F } {
  return Object.freeze({ level, summary, message, fields: Object.freeze(fields) });
}

const NOTHING = {} as const;

export const EVENTS = Object.freeze({
  started: event('info', 'The daemon is ready to decide.', 'postward {version} is ready', {
    version: 'text',
  }),
  stopping: event(
    'info',
    'A signal asked the daemon to stop; running requests are finished first.',
    'stopping on {signal}',
    { signal: 'text' },
  ),
  stopped: event('info', 'The last connection is closed.', 'stopped', NOTHING),
  listening: event('info', 'A policy socket is open.', 'listening on {address} for policy {policy}', {
    address: 'text',
    policy: 'text',
  }),
  admin_listening: event('info', 'The admin address is open.', 'health, metrics and the API on {address}', {
    address: 'text',
    local_socket: 'text',
  }),
  admin_denied: event(
    'warn',
    'The admin API turned somebody away: no token, a wrong one, one that may not. At most once a minute for a client; `count` is how often since.',
    '{client}: {method} {route} refused with {status}: {reason}',
    {
      client: 'text',
      method: 'text',
      route: 'text',
      status: 'number',
      reason: 'text',
      count: 'number',
    },
  ),
  tokens_failed: event(
    'error',
    'The tokens of the admin API could not be read; only the local socket and the token of the environment let anybody in.',
    'cannot read the tokens of the API: {reason}',
    { reason: 'text' },
  ),
  list_edited: event(
    'info',
    'Somebody edited a managed list over the admin API; the edit is in force. `keys` has the first ten.',
    '{actor}: {operation} {list}: {keys} {action}',
    {
      actor: 'text',
      operation: 'text',
      list: 'text',
      keys: 'texts',
      action: 'text',
      changes: 'number',
    },
  ),
  store_failed: event(
    'error',
    'A request to the admin API was refused, since what it asked for could not be kept or read; or a thread of the store has ended, by a fault of ours or for want of memory.',
    'the store: {reason}',
    { reason: 'text' },
  ),
  audit_failed: event(
    'error',
    'Something was done, and the audit trail could not be told.',
    'cannot write to the audit trail: {reason}',
    { reason: 'text' },
  ),
  certificate_reloaded: event(
    'info',
    'The certificate of the admin address has changed and is in force.',
    '{certificate} reloaded',
    { certificate: 'text' },
  ),
  certificate_failed: event(
    'error',
    'The changed certificate of the admin address cannot be used; the one before stays in force.',
    'the certificate is not reloaded: {reason}',
    { reason: 'text' },
  ),
  local_socket_failed: event(
    'warn',
    'The local socket of the admin API could not be opened; everything else works.',
    'no local socket: {reason}',
    { reason: 'text' },
  ),
  snapshot_loaded: event(
    'info',
    'Policies are in force, at the start or after a reload.',
    'policies in force: {policies} (version {snapshot})',
    { snapshot: 'number', policies: 'texts' },
  ),
  reload_failed: event(
    'error',
    'A reload found errors; the policies loaded before stay in force.',
    'reload failed, version {snapshot} stays in force: {reason}',
    { snapshot: 'number', reason: 'text' },
  ),
  diagnostic_error: event('error', 'A mistake in settings, a policy or a table.', '{place}: {message}', {
    place: 'text',
    code: 'text',
    message: 'text',
    help: 'text',
  }),
  diagnostic_warning: event('warn', 'A doubt about settings, a policy or a table.', '{place}: {message}', {
    place: 'text',
    code: 'text',
    message: 'text',
    help: 'text',
  }),
  diagnostic_note: event(
    'info',
    'Something to know about settings, a policy or a table.',
    '{place}: {message}',
    {
      place: 'text',
      code: 'text',
      message: 'text',
      help: 'text',
    },
  ),
  table_reloaded: event(
    'info',
    'The file of a lookup table has changed and is in force.',
    '{table} reloaded',
    {
      table: 'text',
    },
  ),
  table_failed: event(
    'error',
    'The changed file of a lookup table has mistakes; what it held before stays in force.',
    '{table} is not reloaded: {reason}',
    { table: 'text', reason: 'text' },
  ),
  connection_opened: event('debug', 'A client connected to a policy socket.', '{peer} connected', {
    peer: 'text',
  }),
  connection_closed: event(
    'debug',
    'A client of a policy socket is gone, or was sent away.',
    '{peer} closed after {requests} requests: {reason}',
    { peer: 'text', reason: 'text', requests: 'number' },
  ),
  connection_refused: event(
    'warn',
    'There were already as many connections as limits.connections allows.',
    '{peer} refused: there are {limit} connections already',
    { peer: 'text', limit: 'number' },
  ),
  accept_failed: event(
    'error',
    'The system gave a policy socket no connection: out of file descriptors, say.',
    'cannot accept connections: {error}',
    { error: 'text' },
  ),
  protocol_error: event(
    'warn',
    'A client of a policy socket broke the protocol or a limit; its connection is closed.',
    '{peer}: {reason}: {detail}',
    { peer: 'text', reason: 'text', detail: 'text' },
  ),
  unknown_policy_context: event(
    'warn',
    'A policy_context names no policy and no list; the policy of the socket decides. Logged once a context.',
    'policy_context `{policy_context}` names no policy and no list; asking {policy}',
    { policy_context: 'text', policy: 'text' },
  ),
  wiring_doubt: event(
    'warn',
    'What Postfix asks looks wrong: a list never asked for, an attribute always empty, all clients one. Logged once each.',
    '{message}; {help}',
    { doubt: 'text', subject: 'text', message: 'text', help: 'text' },
  ),
  decision_timed_out: event(
    'error',
    'A decision took longer than decision.deadline_seconds; the fail action was answered.',
    'no decision after {deadline_ms} ms for {client_address}, answered `{action}`',
    { deadline_ms: 'number', action: 'text', client_address: 'text', instance: 'text' },
  ),
  decision_failed: event(
    'error',
    'A fault of ours ended a decision; the fail action was answered.',
    'no decision for {client_address}, answered `{action}`: {error}',
    { error: 'text', action: 'text', client_address: 'text', instance: 'text' },
  ),
  decision_warning: event(
    'warn',
    'Something on the way to a decision that did not decide it: a DNS lookup or a table that failed, a malformed table entry, a DNSBL that answers with an error code (which is no listing; logged once).',
    '{list}: {restriction}: {reason}',
    { list: 'text', restriction: 'text', reason: 'text' },
  ),
  redis_up: event('info', 'Redis answers: at the start, or again.', 'redis answers for {use}: {server}', {
    server: 'text',
    use: 'text',
  }),
  redis_down: event(
    'warn',
    'Redis cannot be reached, does not answer in time, or lets us not in. Mail is decided all the same; edits of lists are kept and shared later. Logged once.',
    'redis does not answer for {use}: {server}: {reason}',
    { server: 'text', use: 'text', reason: 'text' },
  ),
  redis_refuses: event(
    'warn',
    'Redis answers, but does not do what the sharing of lists needs: it is full (OOM), a replica (READONLY), forbids a command (NOPERM), has a key of another type (WRONGTYPE). Edits are kept and shared later. Logged once.',
    'redis does not share lists: {reason}',
    { code: 'text', reason: 'text' },
  ),
  redis_accepts: event('info', 'Redis does what sharing needs again.', 'redis shares lists again', NOTHING),
  redis_may_forget: event(
    'warn',
    'When its memory is full, this Redis throws out keys of any kind. Lists are put back, again and again.',
    'redis {server} throws out keys when it is full (maxmemory-policy {policy}): use noeviction or volatile-ttl',
    { server: 'text', policy: 'text' },
  ),
  redis_values_unusable: event(
    'warn',
    'Values in Redis are no entries of lists, or not for this version; what this server has stays in force.',
    '{count} values of {list} in redis are not used: {reason}',
    { list: 'text', count: 'number', reason: 'text' },
  ),
  list_repaired: event(
    'info',
    'A list was not the same here and in Redis, after an outage, say; now it is.',
    '{list} is as in redis again: {received} entries received, {sent} sent, {removed} removed from redis',
    { list: 'text', received: 'number', sent: 'number', removed: 'number' },
  ),
  list_merge_failed: event(
    'error',
    'The store of this server does not take what other servers have edited; it is tried again.',
    'edits of other servers are not in force here: {reason}',
    { reason: 'text' },
  ),
  clock_ahead: event(
    'warn',
    'The clock of another server is ahead of ours, or ours is behind. Of two edits that did not know of each other the one of the clock ahead wins, and times and expiry are not what people expect. Logged once an hour.',
    'the clock of server {node} is {seconds} seconds ahead of ours',
    { node: 'text', seconds: 'number' },
  ),
  clock_set_back: event(
    'warn',
    'The clock of this server was more than a day ahead, and is right again. Other servers do not take what was edited meanwhile as it is stamped: it is stamped anew, and sent.',
    'the clock was {hours} hours ahead: {registers} entries and lists edited then are stamped anew and sent',
    { hours: 'number', registers: 'number' },
  ),
  dns_server_down: event(
    'warn',
    'A DNS server does not answer any more; the others are asked first. Logged once, not for every question.',
    'the DNS server {server} is down: {reason}',
    { server: 'text', reason: 'text' },
  ),
  dns_server_up: event(
    'info',
    'A DNS server that was down answers again.',
    'the DNS server {server} is back',
    {
      server: 'text',
    },
  ),
  dnsbl_set_aside: event(
    'warn',
    'A DNSBL fails its probes: it is not asked until it passes them. `fault` is one of lists_the_world, outside_loopback, refuses, times_out, fails, slow and vanished; `cure` says what to do.',
    '{dnsbl} {reason}: {consequence}; {cure}',
    { dnsbl: 'text', fault: 'text', reason: 'text', consequence: 'text', cure: 'text' },
  ),
  dnsbl_returned: event(
    'info',
    'A DNSBL that was set aside has passed its probes.',
    '{dnsbl} is in use again after {seconds} s',
    { dnsbl: 'text', seconds: 'number' },
  ),
  dnsbl_unproven: event(
    'warn',
    'A DNSBL does not have the test entry that RFC 5782 wants, or not here, so that nothing shows whether it lives. It is asked all the same. `cause` says why that may be, and what to do. Logged once.',
    '{dnsbl} has no test entry (RFC 5782), and is asked all the same: {cause}',
    { dnsbl: 'text', cause: 'text' },
  ),
  dnsbl_doubtful: event(
    'warn',
    'Something is odd about a DNSBL that stays in use: it may protect less than it seems to. `doubt` is answers_everything (a filter keeps out what it says of names that cannot be listed) or silent_family (nothing is answered about IPv4 or IPv6 addresses). Logged once for each.',
    '{dnsbl} {reason}: asked all the same; {cure}',
    { dnsbl: 'text', doubt: 'text', reason: 'text', cure: 'text' },
  ),
  fault: event('error', 'A fault of ours that nothing waits for. Mail is decided all the same.', '{error}', {
    error: 'text',
  }),
  crashed: event('error', 'A fault of ours that ends the daemon.', 'ended by {error}', { error: 'text' }),
  admin_fault: event('error', 'A fault of ours in an admin request.', '{method} {route}: {error}', {
    method: 'text',
    route: 'text',
    error: 'text',
  }),
});

export type EventName = keyof typeof EVENTS;

interface FieldTypes {
  text: string;
  number: number;
  texts: readonly string[];
}

export type EventFields<E extends EventName> = {
  readonly [F in keyof (typeof EVENTS)[E]['fields']]: (typeof EVENTS)[E]['fields'][F] extends FieldKind
    ? FieldTypes[(typeof EVENTS)[E]['fields'][F]]
    : never;
};
