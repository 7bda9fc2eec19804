import { parseSocketAddress, type SocketAddress } from '../net/socket-address.ts';

/** An address as the settings hold it, which have checked it. */
export function listenAddress({
  address,
  mode,
}: {
  readonly address: string;
  readonly mode?: string | undefined;
}): SocketAddress {
  const parsed = parseSocketAddress(address);
  if (parsed === undefined) throw new Error(`not an address to listen on: ${address}`);
  return parsed.kind === 'unix' && mode !== undefined
    ? { ...parsed, mode: Number.parseInt(mode, 8) }
    : parsed;
}
