/** Random SMTP sessions, as lines of a case file. */
import type { Cast } from './cast.ts';
import { CERTIFIED_CLIENTS } from './certificates.ts';
import type { Chooser } from './chooser.ts';
import { randomAddress } from './tables.ts';

/** What smtpd knows of its clients. */
export interface Knowledge {
  /** Login names that clients may have: none where smtpd knows of no logins. */
  readonly logins: readonly string[];
  readonly hasTls: boolean;
}

export function randomProbes(choose: Chooser, cast: Cast, known: Knowledge, count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    [`p${index + 1}`, ...randomProbe(choose, cast, known)].join('  '),
  );
}

function randomProbe(choose: Chooser, cast: Cast, { logins, hasTls }: Knowledge): string[] {
  const { address, name, reverseName } = choose.of(cast.clients);
  const words = [`addr=${address}`, `name=${name}`];
  if (reverseName !== name) words.push(`rname=${reverseName}`);
  if (logins.length > 0 && choose.chance(0.25)) words.push(`login=${quoted(choose.of(logins))}`);
  if (hasTls && choose.chance(0.6)) words.push(`tls=${choose.of(['none', ...CERTIFIED_CLIENTS])}`);
  words.push(`helo=${choose.chance(0.05) ? '-' : quoted(choose.of(cast.heloNames))}`);
  if (choose.chance(0.3)) words.push('proto=SMTP');
  // Mostly ours: else most would end with `Relay access denied`.
  const recipient = (): string =>
    randomAddress(choose, choose.chance(0.4) ? { ...cast, domains: cast.ourDomains } : cast);
  const verb = choose.weighted([
    [90, ''],
    [6, 'ETRN'],
    [4, 'VRFY'],
  ]);
  if (verb !== '') {
    return [
      ...words,
      `verb=${verb}`,
      `to=${quoted(verb === 'ETRN' ? choose.of(cast.etrnNames) : recipient())}`,
    ];
  }
  words.push(`from=${choose.chance(0.12) ? '' : quoted(randomAddress(choose, cast))}`);
  const recipients = choose.list(1, choose.chance(0.2) ? 3 : 1, recipient);
  words.push(`to=${quoted(recipients.join('|'))}`);
  if (choose.chance(0.08)) words.push(`size=${choose.of([0, 999, 5000])}`);
  if (choose.chance(0.35)) words.push(`data=${choose.of([1, 1, 2000])}`);
  return words;
}

/** For a case file's words, which know no escapes. */
function quoted(text: string): string {
  if (!/[\s'"]/.test(text)) return text;
  return text
    .split(/(')/)
    .map((part) => (part === "'" ? `"'"` : part === '' ? '' : `'${part}'`))
    .join('');
}
