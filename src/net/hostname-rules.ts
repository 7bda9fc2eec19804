/**
 * Which names and numbers Postfix takes for host names and host addresses
 * (its valid_hostname and valid_mailhost_addr). These are the rules behind
 * reject_invalid_helo_hostname and reject_non_fqdn_*; they are looser than
 * RFC 1035 in places (`_`), and an address may pass here that parseIpAddress
 * refuses (leading zeros), so use these for judging text only.
 */
import { asciiDomain } from './domain-name.ts';

const MAX_HOSTNAME_LENGTH = 255;
const MAX_LABEL_LENGTH = 63;

/**
 * Letters, digits, `-` and `_` in labels of 1 to 63; no label begins or ends
 * with `-`; no empty label, so no trailing dot; not digits and dots only.
 */
export function isValidHostname(name: string): boolean {
  if (name === '' || name.length > MAX_HOSTNAME_LENGTH) return false;
  let labelLength = 0;
  let isNumeric = true;
  for (let at = 0; at < name.length; at++) {
    const code = name.charCodeAt(at);
    if (code === 0x2e) {
      if (labelLength === 0 || at === name.length - 1) return false;
      labelLength = 0;
    } else if (code === 0x2d) {
      isNumeric = false;
      labelLength++;
      const next = name.charCodeAt(at + 1);
      if (labelLength === 1 || at === name.length - 1 || next === 0x2e) return false;
    } else if (isDigit(code) || isLetter(code) || code === 0x5f) {
      if (++labelLength > MAX_LABEL_LENGTH) return false;
      if (!isDigit(code)) isNumeric = false;
    } else {
      return false;
    }
  }
  return !isNumeric;
}

/**
 * The same for a domain of an address, which may be written in U-labels (RFC
 * 5890): Postfix lets one come this far only in a message with SMTPUTF8.
 */
export function isValidMailDomain(name: string): boolean {
  return isValidHostname(asciiDomain(name) ?? '');
}

/** A bare address of either family. */
export function isValidHostAddress(text: string): boolean {
  return text.includes(':') ? isValidIpv6(text) : isValidIpv4(text);
}

/** What stands in an address literal: an IPv4 address, or `IPv6:` and an IPv6 address. */
export function isValidMailHostAddress(text: string): boolean {
  return /^ipv6:/i.test(text) ? isValidIpv6(text.slice(5)) : isValidIpv4(text);
}

/** Four numbers up to 255, leading zeros allowed; `0.x.y.z` only as all zeros. */
function isValidIpv4(text: string): boolean {
  const octets = text.split('.');
  if (octets.length !== 4) return false;
  for (const octet of octets) {
    if (!/^[0-9]+$/.test(octet) || Number(octet) > 255) return false;
  }
  return Number(octets[0]) !== 0 || /^[0.]+$/.test(text);
}

/**
 * Not the grammar of RFC 4291: Postfix counts fields and lets, for one, a `::`
 * stand beside seven colons.
 */
function isValidIpv6(text: string): boolean {
  let fields = 0;
  let nullField = 0;
  let digits = 0;
  let at = 0;
  for (;;) {
    const char = text[at];
    if (char === undefined) return fields >= 2 && (digits > 0 || nullField === fields - 1);
    if (char === '.') return fields >= 2 && fields <= 6 && isValidIpv4(text.slice(at - digits));
    if (char === ':') {
      if (fields === 0 && digits === 0 && /[0-9A-Za-z]/.test(text[1] ?? '')) return false;
      if (++fields > 7) return false;
      at++;
      digits = 0;
      if (text[at] === ':') {
        if (nullField > 0) return false;
        nullField = fields;
      }
    } else {
      digits = 0;
      while (/[0-9A-Fa-f]/.test(text[at + digits] ?? '')) digits++;
      if (digits === 0 || digits > 4) return false;
      at += digits;
    }
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(code: number): boolean {
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}
