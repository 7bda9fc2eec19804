/**
 * What an answer message says: records, nothing (RFC 2308), an alias to ask
 * for, or a failure that another server may not share.
 *
 * Decodes with dns-packet, which throws on what it cannot parse: that ends
 * here, as a failure, as does what it would parse although it is cut short. Follows CNAMEs inside the answer and takes records only
 * from the end of that chain. Bounds what is kept of one answer. Knows no
 * sockets and no retries.
 */
import { isUtf8 } from 'node:buffer';
import { type Answer, decode, type Packet } from 'dns-packet';
import { isValidHostAddress } from '../net/hostname-rules.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import { negative } from './answer.ts';
import { isWellFormed } from './message-structure.ts';
import { isTruncated } from './query-message.ts';
import { isLookupName } from './query-name.ts';
import { type DnsAnswer, type DnsRecord, type DnsType, INVALID_DATA } from './resolver.ts';

export type Reading =
  | { readonly kind: 'answer'; readonly answer: DnsAnswer }
  | { readonly kind: 'alias'; readonly target: string; readonly ttlSeconds: number }
  | { readonly kind: 'failure'; readonly reason: string; readonly mayBeEdns: boolean };

/** More records than this are not kept; no name that mail depends on has nearly as many. */
export const MAX_RECORDS = 100;
/** Octets kept of one TXT record: eight times what a DNSBL's reason may fill of a reply. */
export const MAX_TXT_LENGTH = 4096;
/** Above this a message is refused before it is decoded. */
const MAX_RECORDS_IN_MESSAGE = 1024;
/** RFC 2308 §5 gives no TTL where there is no SOA; long enough to spare the server a flood. */
const NEGATIVE_TTL_WITHOUT_SOA_SECONDS = 30;
/** RFC 2181 §8: a TTL with the top bit set counts as zero. */
export const MAX_TTL_SECONDS = 0x7fffffff;

const RCODE_NAMES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const NXDOMAIN = 3;

/** `message` has the header and the question of an answer to `name` and `type` (query-message.ts). */
export function readAnswer(message: Buffer, name: string, type: DnsType): Reading {
  const total = message.readUInt16BE(6) + message.readUInt16BE(8) + message.readUInt16BE(10);
  if (total > MAX_RECORDS_IN_MESSAGE) return failure('answer too large');
  // What was cut may be what matters, and this is what came over TCP.
  if (isTruncated(message)) return failure('truncated over TCP');
  if (!isWellFormed(message)) return failure('malformed answer');
  let packet: Packet;
  try {
    packet = decode(message);
  } catch {
    return failure('malformed answer');
  }
  const rcode = responseCode(message, packet);
  if (rcode !== 0 && rcode !== NXDOMAIN)
    return failure(RCODE_NAMES[rcode] ?? `RCODE ${rcode}`, mayBeEdns(rcode));
  return readRecords(message, packet, rcode === NXDOMAIN, name, type);
}

function readRecords(
  message: Buffer,
  packet: Packet,
  isNxdomain: boolean,
  name: string,
  type: DnsType,
): Reading {
  const answers = packet.answers ?? [];
  const aliases = readAliases(answers);
  let owner = name.toLowerCase();
  let ttlSeconds = MAX_TTL_SECONDS;
  let hops = 0;
  for (let alias = aliases?.get(owner); alias !== undefined; alias = aliases?.get(owner)) {
    hops += 1;
    // Postfix, too, says "not found" of a loop, not "try again".
    if (hops > (aliases?.size ?? 0)) return answered(negative('nodata', NEGATIVE_TTL_WITHOUT_SOA_SECONDS));
    owner = alias.target;
    ttlSeconds = Math.min(ttlSeconds, alias.ttlSeconds);
    if (!isNxdomain && !isLookupName(owner)) return answered(negative('nodata', ttlSeconds, INVALID_DATA));
  }
  const soaTtlSeconds = negativeTtl(packet);
  const negativeTtlSeconds = Math.min(ttlSeconds, soaTtlSeconds ?? NEGATIVE_TTL_WITHOUT_SOA_SECONDS);
  if (isNxdomain) return answered(negative('nxdomain', negativeTtlSeconds));

  const records: DnsRecord[] = [];
  let hasInvalid = false;
  for (const answer of answers) {
    if (answer.type !== type || answer.name.toLowerCase() !== owner || !isInternet(answer)) continue;
    ttlSeconds = Math.min(ttlSeconds, ttlOf(answer));
    const record = readRecord(answer);
    if (record === undefined) hasInvalid = true;
    else if (records.length < MAX_RECORDS) records.push(record);
  }
  if (records.length > 0) {
    if (type === 'MX') records.sort((a, b) => a.preference - b.preference);
    return answered({ status: 'found', records, ttlSeconds, reason: '' });
  }
  if (hasInvalid) return answered(negative('nodata', ttlSeconds, INVALID_DATA));
  // A chain that leaves the answer, unless the SOA says that its end has no such records (RFC 2308 §2.2).
  if (hops > 0 && soaTtlSeconds === undefined) return { kind: 'alias', target: owner, ttlSeconds };
  if (soaTtlSeconds === undefined && answers.length === 0 && isReferral(message)) return failure('referral');
  return answered(negative('nodata', negativeTtlSeconds));
}

interface Alias {
  readonly target: string;
  readonly ttlSeconds: number;
}

function readAliases(answers: readonly Answer[]): ReadonlyMap<string, Alias> | undefined {
  let aliases: Map<string, Alias> | undefined;
  for (const answer of answers) {
    if (answer.type !== 'CNAME' || !isInternet(answer)) continue;
    aliases ??= new Map();
    const owner = answer.name.toLowerCase();
    if (!aliases.has(owner)) {
      aliases.set(owner, { target: answer.data.toLowerCase(), ttlSeconds: ttlOf(answer) });
    }
  }
  return aliases;
}

/** `undefined` for a host name that is none: Postfix passes it over. */
function readRecord(answer: Answer): DnsRecord | undefined {
  switch (answer.type) {
    case 'A':
      return { data: answer.data, preference: 0 };
    case 'AAAA':
      // The decoder's text is not canonical for mapped addresses.
      return { data: parseIpAddress(answer.data)?.toString() ?? answer.data, preference: 0 };
    case 'NS':
    case 'PTR':
      return isHostData(answer.data) ? { data: answer.data, preference: 0 } : undefined;
    case 'MX': {
      const { exchange, preference = 0 } = answer.data;
      if (exchange === '.') return { data: '', preference };
      return isHostData(exchange) ? { data: exchange, preference } : undefined;
    }
    case 'TXT':
      return readText(answer.data);
    default:
      return undefined;
  }
}

/** dns_lookup(3) lets an IP address pass where a host name belongs, "because people complain". */
export function isHostData(name: string): boolean {
  return isLookupName(name) || isValidHostAddress(name);
}

function readText(data: string | Buffer | readonly (string | Buffer)[]): DnsRecord {
  const strings = (Array.isArray(data) ? data : [data]).map((part) => Buffer.from(part));
  const text = decodeText(Buffer.concat(strings));
  const [first] = strings;
  if (first === undefined || strings.length === 1) return { data: text, preference: 0 };
  return { data: text, preference: 0, firstString: decodeText(first) };
}

/** UTF-8 where it is, else Latin-1, so that no octet is lost. */
function decodeText(octets: Buffer): string {
  let end = Math.min(octets.length, MAX_TXT_LENGTH);
  // Not within a UTF-8 sequence.
  if (end < octets.length) while (end > 0 && ((octets[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  const kept = octets.subarray(0, end);
  return kept.toString(isUtf8(kept) ? 'utf8' : 'latin1');
}

/** RFC 2308 §5: the smaller of the SOA's own TTL and its minimum field. */
function negativeTtl(packet: Packet): number | undefined {
  for (const authority of packet.authorities ?? []) {
    if (authority.type !== 'SOA') continue;
    return Math.min(ttlOf(authority), authority.data.minimum ?? 0);
  }
  return undefined;
}

/** The four bits of the header, with the eight above them of the OPT record (RFC 6891 §6.1.3). */
function responseCode(message: Buffer, packet: Packet): number {
  const low = (message[3] ?? 0) & 0x0f;
  const opt = packet.additionals?.find((additional) => additional.type === 'OPT');
  return opt === undefined ? low : low | (opt.extendedRcode << 4);
}

/** FORMERR, NOTIMP and BADVERS are how servers refuse EDNS0 (RFC 6891 §7, §6.1.3). */
function mayBeEdns(rcode: number): boolean {
  return rcode === 1 || rcode === 4 || rcode === 16;
}

/** Neither authoritative nor willing to recurse: it knows nothing, which is not the same as "nothing there". */
function isReferral(message: Buffer): boolean {
  return ((message[2] ?? 0) & 0x04) === 0 && ((message[3] ?? 0) & 0x80) === 0;
}

function isInternet(answer: Answer): boolean {
  return 'class' in answer && answer.class === 'IN';
}

function ttlOf(answer: Answer): number {
  const ttlSeconds = 'ttl' in answer ? (answer.ttl ?? 0) : 0;
  return ttlSeconds > MAX_TTL_SECONDS ? 0 : ttlSeconds;
}

function answered(answer: DnsAnswer): Reading {
  return { kind: 'answer', answer };
}

function failure(reason: string, mayBeEdnsProblem = false): Reading {
  return { kind: 'failure', reason, mayBeEdns: mayBeEdnsProblem };
}
