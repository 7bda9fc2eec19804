/**
 * The author's text within a message: in backticks, shortened so that a
 * message stays a line. A domain name is not cut: of half of one nobody could
 * tell that it holds a key (dns/zone-mask.ts).
 */
export function quote(text: string): string {
  const end = NAME_AT_LIMIT.exec(text)?.[0].length ?? LIMIT;
  return text.length <= end ? `\`${text}\`` : `\`${text.slice(0, end)}…\``;
}

const LIMIT = 60;
/** RFC 1035 §2.3.4 allows names of 253 characters. */
const NAME_AT_LIMIT = new RegExp(`^.{${LIMIT - 1}}[a-z0-9_.-][a-z0-9_.-]{1,253}`, 'is');
