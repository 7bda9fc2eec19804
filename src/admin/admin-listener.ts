/**
 * The admin server on its address.
 */

import { formatSocketAddress, type SocketAddress } from '../net/socket-address.ts';
import { bind } from '../server/bind.ts';
import { type AdminServerOptions, createAdminServer } from './server.ts';

export interface AdminListener {
  /** As bound, with the port that the system chose if it was to. */
  readonly address: string;
  /** Lets running requests end, at most so long. */
  close(deadlineMs: number): Promise<void>;
}

/** @throws OperatorError (rejects) when the address cannot be bound */
export async function openAdmin(address: SocketAddress, options: AdminServerOptions): Promise<AdminListener> {
  const server = createAdminServer(options);
  await server.ready();
  await bind(server.server, address);
  const bound = server.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: formatSocketAddress(address.kind === 'tcp' ? { ...address, port } : address),
    async close(deadlineMs) {
      const deadline = setTimeout(() => server.server.closeAllConnections(), deadlineMs);
      await server.close();
      clearTimeout(deadline);
    },
  };
}
