/**
 * Networks as cidr_table(5) and match lists write them.
 *
 * Owns the text form that Postfix's cidr_match accepts: `address`,
 * `address/length`, `[address]/length`, `[address/length]`, `[address]`.
 * Host bits beyond the length are an error, as they are to Postfix.
 */
import { formatIpv4, formatIpv6, type IpFamily, type IpWords, parseIpAddress } from './ip-address.ts';

export interface IpNetwork {
  readonly family: IpFamily;
  /** The first address; see IpAddress. */
  readonly words: IpWords;
  /** 0 to 32 or 128. */
  readonly prefixLength: number;
}

export interface NetworkSyntaxError {
  readonly error: string;
  readonly help: string;
}

export function isNetworkSyntaxError(value: IpNetwork | NetworkSyntaxError): value is NetworkSyntaxError {
  return 'error' in value;
}

/** Reads one network pattern; what is wrong, and the cure, when it is none. */
export function parseIpNetwork(pattern: string): IpNetwork | NetworkSyntaxError {
  const text = withoutBrackets(pattern);
  if (typeof text !== 'string') return text;
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const address = parseIpAddress(addressText);
  const bits = addressText.includes(':') ? 128 : 32;
  let prefixLength = bits;
  if (slash >= 0) {
    const lengthText = text.slice(slash + 1);
    if (!/^[0-9]+$/.test(lengthText)) {
      return {
        error: `bad mask value in \`${pattern}\``,
        help: `the part after / is a number of bits, 0 to ${bits}, not a netmask`,
      };
    }
    prefixLength = Number(lengthText);
    if (prefixLength > bits) {
      return {
        error: `bad mask length in \`${pattern}\``,
        help: `an IPv${bits === 32 ? 4 : 6} network has 0 to ${bits} bits`,
      };
    }
  }
  if (address === undefined) return addressError(pattern, addressText, slash >= 0);
  const network = address.words;
  if (clearHostBits(network, prefixLength)) {
    const corrected = `${address.family === 4 ? formatIpv4(network[0] ?? 0) : formatIpv6(network)}/${prefixLength}`;
    return {
      error: `non-null host address bits in \`${pattern}\``,
      help: `write \`${corrected}\` for the network, or \`${addressText}\` for the one address`,
    };
  }
  return { family: address.family, words: network, prefixLength };
}

function withoutBrackets(pattern: string): string | NetworkSyntaxError {
  if (!pattern.startsWith('[')) return pattern;
  const close = pattern.indexOf(']');
  if (close < 0) return { error: `missing \`]\` after \`${pattern}\``, help: 'write `[address]/length`' };
  const rest = pattern.slice(close + 1);
  if (rest !== '' && !rest.startsWith('/')) {
    return {
      error: `garbage after \`${pattern.slice(0, close + 1)}\``,
      help: 'only `/length` may follow the bracket',
    };
  }
  return pattern.slice(1, close) + rest;
}

function addressError(pattern: string, address: string, isNetwork: boolean): NetworkSyntaxError {
  const octets = address.split('.');
  let help = 'write an IPv4 address as four decimal numbers, an IPv6 address as in `2001:db8::1`';
  if (/^[0-9.]+$/.test(address) && octets.length < 4) {
    const missing = [...octets.filter((octet) => octet !== ''), '0', '0', '0', '0'].slice(0, 4).join('.');
    help = `write all four octets, such as \`${missing}/${8 * octets.filter((octet) => octet !== '').length}\``;
  } else if (octets.some((octet) => /^0[0-9]+$/.test(octet))) {
    help = 'write the octets without leading zeros';
  } else if (address.includes('%')) {
    help = 'leave out the zone id (the part after %)';
  }
  return {
    error: isNetwork ? `bad network value in \`${pattern}\`` : `bad address pattern \`${pattern}\``,
    help,
  };
}

/** Clears what is beyond the prefix; true when there was something. */
function clearHostBits(words: IpWords, prefixLength: number): boolean {
  let cleared = false;
  for (let at = 0; at < 4; at++) {
    const word = words[at] ?? 0;
    const kept = (word & wordMask(prefixLength - 32 * at)) >>> 0;
    if (kept !== word) {
      words[at] = kept;
      cleared = true;
    }
  }
  return cleared;
}

/** A word with the given number of leading ones; beyond 0 to 32 it is empty or full. */
export function wordMask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0;
}
