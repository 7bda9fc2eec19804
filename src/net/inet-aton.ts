/**
 * The loose text form of IPv4 addresses that inet_aton(3) reads, and with it
 * getaddrinfo(3): one to four numbers, decimal, octal or hexadecimal, of which
 * the last fills what the others leave: `127.1`, `0x7f000001`, `123`. Postfix
 * comes upon it where it looks up a host that it takes for a name.
 */
import { formatIpv4 } from './ip-address.ts';

const PART = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)$/i;

/** The dotted quad, or undefined when the text is no such address. */
export function inetAton(text: string): string | undefined {
  const parts = text.split('.');
  if (parts.length > 4 || !parts.every((part) => PART.test(part))) return undefined;
  const numbers = parts.map((part) => Number.parseInt(part, radixOf(part)));
  const last = numbers.pop() ?? 0;
  if (last >= 256 ** (4 - numbers.length) || numbers.some((number) => number > 255)) return undefined;
  return formatIpv4(numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last));
}

function radixOf(part: string): number {
  if (/^0x/i.test(part)) return 16;
  return part.startsWith('0') ? 8 : 10;
}
