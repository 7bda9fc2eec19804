/**
 * Enhanced status codes (RFC 3463) in the texts of access tables: where one
 * ends and the text begins, and which one smtpd really sends.
 */

/** Class, subject, detail, then white space or the end. */
const LEADING_DSN = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)/;

export interface DsnAndText {
  readonly dsn: string;
  /** '' when nothing follows the DSN. */
  readonly text: string;
  /** True when the author gave a DSN. */
  readonly isExplicit: boolean;
}

/** Splits `5.7.1 go away`; a text without a valid DSN is all text. */
export function splitDsn(text: string, defaultDsn: string): DsnAndText {
  const match = LEADING_DSN.exec(text);
  if (match?.[1] === undefined) return { dsn: defaultDsn, text, isExplicit: false };
  return { dsn: match[1], text: text.slice(match[0].length), isExplicit: true };
}

/** RFC 3463 §3.2 address status, by detail: [for a sender, for a recipient]. */
const ADDRESS_STATUS: Readonly<Record<string, readonly [string, string]>> = {
  '1': ['1.7', '1.1'],
  '2': ['1.8', '1.2'],
  '3': ['1.7', '1.3'],
  '4': ['1.7', '1.4'],
  '5': ['1.0', '1.5'],
  '6': ['1.7', '1.6'],
  '7': ['1.7', '1.3'],
  '8': ['1.8', '1.2'],
};

/**
 * X.1.N says something of an address, so smtpd maps it to what is being
 * refused: X.1.8 becomes X.1.2 for a recipient, X.0.0 for a client or HELO
 * name. Other codes pass.
 *
 * @param replyClass `Sender address`, `Recipient address`, or another
 */
export function fixDsn(dsn: string, replyClass: string): string {
  if (!dsn.startsWith('.1.', 1)) return dsn;
  const status = ADDRESS_STATUS[dsn.slice(4)];
  if (replyClass === 'Sender address') return `${dsn[0]}.${status?.[0] ?? '1.0'}`;
  if (replyClass === 'Recipient address') return `${dsn[0]}.${status?.[1] ?? '1.0'}`;
  return `${dsn[0]}.0.0`;
}
