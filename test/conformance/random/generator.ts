/**
 * Random cases in the format of test/support/case-file.ts: one configuration,
 * with its tables and zone, and probes of it. One seed, one case.
 *
 * Each restriction, table entry, parameter and probe stands in a line of its
 * own, so that a case that shows a difference can be made smaller by lines.
 */
import { LET_THROUGH } from '../../support/policy-layout.ts';
import { randomAction } from './actions.ts';
import { LOGINS } from './addresses.ts';
import { type Cast, randomCast } from './cast.ts';
import { Chooser } from './chooser.ts';
import { type ListMaker, type RandomList, randomList } from './lists.ts';
import { randomParameters } from './parameters.ts';
import { randomProbes } from './probes.ts';
import { ZONE } from './servers.ts';
import { type RandomTable, randomAddress } from './tables.ts';

/** A list of the case, and how likely it is there. */
const LISTS: readonly (readonly [list: RandomList, likelihood: number, most: number])[] = [
  ['client', 0.75, 4],
  ['helo', 0.65, 4],
  ['sender', 0.75, 4],
  ['relay', 0.5, 3],
  ['recipient', 1, 5],
  ['data', 0.3, 3],
  ['end_of_data', 0.15, 2],
  ['etrn', 0.25, 2],
];

/** Lists that may hold reject_unlisted_sender. */
const SENDER_CHECKED: readonly RandomList[] = ['sender', 'relay', 'recipient', 'data', 'end_of_data'];

/** Postfix refuses to run unless one of these comes before any `permit` of the relay or the recipient list. */
const REQUIRED =
  /^(?:reject|defer|defer_if_permit|reject_unauth_destination|defer_unauth_destination|check_relay_domains)$/i;

export function randomCase(seed: number, probes: number): string {
  const choose = new Chooser(seed);
  const cast = randomCast(choose);
  const tables: RandomTable[] = [];
  const classes: string[] = [];
  let lines: string[] = [];
  const setList = (name: string, items: readonly string[]): void => {
    const last = items.length - 1;
    const written = items.map((item, index) => `    ${item}${index < last ? choose.of([',', ',', '']) : ''}`);
    // The client list may get something before it, see below.
    if (name !== 'smtpd_client_restrictions' && choose.chance(0.08)) {
      const meant = choose.of([
        `$my_${name}`,
        `\${my_${name}}`,
        `$(my_${name})`,
        ...conditional(`my_${name}`),
      ]);
      lines.push(`my_${name} =`, ...written, `${name} = ${meant}`);
    } else {
      lines.push(`${name} =`, ...written);
    }
  };

  // A class may use those before it: Postfix follows them when it starts, round and round.
  for (const name of ['strict', 'Lenient', 'deep'].slice(0, choose.integer(0, 3))) {
    const classMaker = {
      choose,
      cast,
      classes: [...classes],
      ownClass: name,
      tables,
      isSenderChecked: false,
    };
    setList(name, randomList(classMaker, 'recipient', 3));
    classes.push(name);
  }
  if (classes.length > 0) lines.unshift(`smtpd_restriction_classes = ${classes.join(' ')}`);

  const maker: ListMaker = { choose, cast, classes, tables, isSenderChecked: false };
  const parameters = randomParameters(maker);
  const isDelayed = !parameters.includes('smtpd_delay_reject = no');
  for (const [list, likelihood, most] of LISTS) {
    if (!choose.chance(likelihood)) continue;
    // With smtpd_delay_reject = no smtpd checks the sender once, and lets all recipients but the first get through.
    const isSenderChecked = list === 'sender' || (isDelayed && SENDER_CHECKED.includes(list));
    const items = randomList({ ...maker, isSenderChecked }, list, most);
    setList(`smtpd_${list}_restrictions`, list === 'recipient' ? guarded(choose, items) : items);
  }
  // XCLIENT must get through before the client that it tells of can be checked.
  if (!isDelayed) {
    lines = lines.map((line) =>
      line === 'smtpd_client_restrictions =' ? `${line}\n    ${LET_THROUGH},` : line,
    );
  }
  lines.push(...parameters);
  const hasTls = choose.chance(0.2);
  if (hasTls) lines.push('smtpd_tls_security_level = may', 'smtpd_tls_ask_ccert = yes');
  const main = lines.join('\n');
  const used = tables.filter(({ name }) => new RegExp(`@T@/${name}\\b`).test(main));
  // proxymap(8) opens what it is told to, and finds by itself what stands in lists, not what stands in classes.
  const text = [...lines, ...used.flatMap((table) => table.lines)].join('\n');
  const proxied = [...text.matchAll(/proxy:[^\s,}]+/g)].map(([map]) => map);
  if (proxied.length > 0) lines.push(`proxy_read_maps = ${[...new Set(proxied)].join(' ')}`);
  // smtpd ends when check_relay_domains finds relay_domains out of order: nothing to compare.
  if (/check_relay_domains/i.test(text)) lines = lines.filter((line) => line !== 'relay_domains = fail:x');

  const logins = parameters.includes('smtpd_sasl_auth_enable = no') ? [] : LOGINS;
  return [
    `about: random case ${seed}`,
    '== main.cf',
    ...lines,
    ...used.flatMap(({ name, type, lines }) => [`== table ${name} ${type}`, ...lines]),
    '== zone',
    ZONE,
    ...(main.includes('@P@') ? ['== policy', ...randomPolicy(choose, cast)] : []),
    '== probes',
    ...randomProbes(choose, cast, { logins, hasTls }, probes),
    '',
  ].join('\n');
}

/** All the same, with the syntax that postconf(5) has since Postfix 3.0. */
function conditional(name: string): string[] {
  return [`\${{$compatibility_level} >= {0} ? {$${name}} : {reject}}`, `\${${name}?{$${name}}:{reject}}`];
}

/** What the other policy server answers: lines of a case file. */
function randomPolicy(choose: Chooser, cast: Cast): string[] {
  const attribute = () =>
    choose.weighted<() => string>([
      [3, () => `sender=${randomAddress(choose, cast)}`],
      [3, () => `recipient=${randomAddress(choose, cast)}`],
      [2, () => `helo_name=${choose.of(cast.heloNames)}`],
      [2, () => `client_address=${choose.of(cast.clients).address}`],
      [1, () => `sasl_username=${choose.of(LOGINS)}`],
      [1, () => `protocol_state=${choose.of(['RCPT', 'DATA', 'END-OF-MESSAGE', 'ETRN', 'MAIL', 'CONNECT'])}`],
      [1, () => choose.of(['policy_context=here', 'protocol_name=SMTP', 'recipient_count=1', 'size=0'])],
    ])();
  return choose
    .list(1, 6, attribute)
    .filter((each) => !/\s/.test(each))
    .map(
      (each) => `${each} ${randomAction(choose, () => choose.of(['reject', 'permit', 'defer_if_reject']))}`,
    );
}

/** With something that makes Postfix run. */
function guarded(choose: Chooser, items: readonly string[]): string[] {
  const end = items.findIndex((item) => /^permit$/i.test(item) || isOpen(item));
  const before = end < 0 ? items : items.slice(0, end);
  if (before.some((item) => REQUIRED.test(item))) return [...items];
  const at = choose.chance(0.3) ? 0 : before.length;
  return [...items.slice(0, at), 'reject_unauth_destination', ...items.slice(at)];
}

/** True for a brace that nothing closes: what follows is the inside of it. */
function isOpen(item: string): boolean {
  return item.split('{').length > item.split('}').length;
}
