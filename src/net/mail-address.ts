/**
 * Mail addresses as Postfix takes them apart. An address is held in internal
 * form: unquoted, with whatever the sender wrote, so the local part may hold
 * blanks and `@`. The domain is what follows the last `@`.
 */

export interface MailAddress {
  readonly localPart: string;
  /** undefined when there is no `@`. */
  readonly domain: string | undefined;
}

export interface AddressExtensionOptions {
  /** recipient_delimiter: a set of characters; '' means no extensions. */
  readonly delimiters: string;
  /** double_bounce_sender. */
  readonly doubleBounceSender: string;
  /** owner_request_special. */
  readonly isOwnerRequestSpecial: boolean;
}

export function splitMailAddress(address: string): MailAddress {
  const at = address.lastIndexOf('@');
  return at < 0
    ? { localPart: address, domain: undefined }
    : { localPart: address.slice(0, at), domain: address.slice(at + 1) };
}

/**
 * The local part without its extension, or undefined when it has none to cut:
 * the first delimiter of the set counts, nothing may be left empty, and
 * postmaster, mailer-daemon, double-bounce and (with `-`) owner-x and
 * x-request stay whole (split_addr of Postfix).
 */
export function withoutExtension(localPart: string, options: AddressExtensionOptions): string | undefined {
  const { delimiters } = options;
  if (delimiters === '') return undefined;
  let cut = 0;
  while (cut < localPart.length && !delimiters.includes(localPart.charAt(cut))) cut++;
  if (cut === 0 || cut === localPart.length) return undefined;
  const lower = localPart.toLowerCase();
  if (lower === 'postmaster' || lower === 'mailer-daemon') return undefined;
  if (lower === options.doubleBounceSender.toLowerCase()) return undefined;
  if (options.isOwnerRequestSpecial && delimiters.includes('-')) {
    if (lower.startsWith('owner-')) return undefined;
    if (lower.length > 8 && lower.endsWith('-request')) return undefined;
  }
  return localPart.slice(0, cut);
}

/**
 * The local part as it is written on the wire: quoted unless it is a dot-string
 * (RFC 822; characters beyond ASCII need no quotes).
 */
export function quoteLocalPart(localPart: string): string {
  return isDotString(localPart) ? localPart : `"${localPart.replace(/["\\\r]/g, '\\$&')}"`;
}

function isDotString(text: string): boolean {
  if (text === '' || text.startsWith('.') || text.endsWith('.') || text.includes('..')) return false;
  return !/[\0-\x20\x7f()<>@,;:\\"[\]]/.test(text);
}
