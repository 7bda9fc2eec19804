/**
 * Postward's policy listener with nothing to decide: what the protocol costs,
 * and thus what of the daemon's time is deciding and logging.
 * `protocol-only.ts PORT`
 */
import { listen } from '../src/server/policy-listener.ts';

const ignore = (): void => undefined;

await listen({
  address: { kind: 'tcp', host: '127.0.0.1', port: Number(process.argv[2]) },
  decide: (request) => (request.client_address === '' ? 'OK' : 'DUNNO'),
  events: {
    connectionOpened: ignore,
    connectionClosed: ignore,
    connectionRefused: ignore,
    protocolError: ignore,
    decisionTimedOut: ignore,
    decisionAbandoned: ignore,
    decisionFailed: ignore,
    acceptFailed: ignore,
  },
});
