/**
 * Tables that a server answers, named by its address: `socketmap:inet:host:port:name`,
 * `socketmap:unix:path:name` (socketmap_table(5)) and `tcp:host:port` (tcp_table(5)).
 *
 * Postfix takes them for tables of patterns: they see whole search strings
 * only, as they are.
 */
import { NoAnswer } from '../databases/connection.ts';
import { ServerPool } from '../databases/server-pool.ts';
import { SOCKETMAP_REPLY, socketmapRequest } from '../databases/socketmap-protocol.ts';
import { connectStream, type MessageFormat, type StreamServer } from '../databases/stream-connection.ts';
import { TCP_REPLY, tcpRequest } from '../databases/tcp-protocol.ts';
import {
  formatServiceEndpoint,
  parseServiceEndpoint,
  type ServiceEndpoint,
} from '../net/service-endpoint.ts';
import type { NameError } from './inline-table.ts';
import { LookupCache } from './lookup-cache.ts';
import { TableFailure } from './table.ts';
import type { TableContent } from './table-content.ts';
import type { TableSet } from './table-set.ts';
import { ENCODING_FAILURE, isUtf8Text } from './utf8-text.ts';

/** Opens a table by the name that follows its type. Connects to nobody yet. */
export type ServerTableOpener = (name: string, tables: TableSet) => TableContent | NameError;

/** Where smtpd(8) runs, so where relative paths begin. */
const QUEUE_DIRECTORY = '/var/spool/postfix';

export const openSocketmap: ServerTableOpener = (name, tables) => {
  const colon = name.lastIndexOf(':');
  const endpoint = parseServiceEndpoint(name.slice(0, Math.max(0, colon)), QUEUE_DIRECTORY);
  const map = name.slice(colon + 1);
  if (endpoint === undefined || map === '') {
    return {
      error: 'not the address of a server and the name of a map',
      help: 'write `socketmap:inet:host:port:name` or `socketmap:unix:/path:name`',
    };
  }
  return openTable('socketmap', endpoint, SOCKETMAP_REPLY, (key) => socketmapRequest(map, key), tables);
};

export const openTcp: ServerTableOpener = (name, tables) => {
  const endpoint = parseServiceEndpoint(`inet:${name}`, QUEUE_DIRECTORY);
  if (endpoint !== undefined) return openTable('tcp', endpoint, TCP_REPLY, tcpRequest, tables);
  return { error: 'not the address of a server', help: 'write `tcp:host:port`' };
};

function openTable(
  type: string,
  endpoint: ServiceEndpoint,
  format: MessageFormat<string | null>,
  requestFor: (key: string) => Buffer,
  tables: TableSet,
): TableContent {
  const server: StreamServer = {
    endpoint,
    isLocal: endpoint.kind === 'unix',
    label: formatServiceEndpoint(endpoint),
  };
  const { pool, release } = tables.pools.lease(
    JSON.stringify([type, endpoint]),
    () =>
      new ServerPool(
        [server],
        (to: StreamServer, timeoutMs) => connectStream(to, format, timeoutMs),
        tables.limits,
      ),
  );
  const cache = new LookupCache(async (key) => {
    const answer = await pool.ask(requestFor(key));
    if (answer instanceof NoAnswer) return new TableFailure(`${type}:${answer.reason}`);
    if (answer === null) return undefined;
    return isUtf8Text(answer) ? answer : ENCODING_FAILURE;
  }, tables.limits);
  return {
    lookup: (key) => (isUtf8Text(key) ? cache.lookup(key) : undefined),
    close: release,
  };
}
