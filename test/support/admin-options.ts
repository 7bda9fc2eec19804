/** What an admin server needs beside its routes, for tests that are about something else. */
import type { AdminListenerOptions } from '../../src/admin/admin-listener.ts';
import { DEFAULT_ADMIN_LIMITS } from '../../src/admin/server.ts';

export const ADMIN_OPTIONS: Omit<AdminListenerOptions, 'routes'> = {
  version: '1',
  guard: { identify: () => undefined, hosts: undefined, onDenial: () => {} },
  limits: DEFAULT_ADMIN_LIMITS,
  isBehindProxy: false,
  onFault: () => {},
};
