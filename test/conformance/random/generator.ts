/**
 * Random cases in the format of test/support/case-file.ts: one configuration,
 * with its tables and zone, and probes of it. One seed, one case.
 *
 * Each restriction, table entry, parameter and probe stands in a line of its
 * own, so that a case that shows a difference can be made smaller by lines.
 */
import { LET_THROUGH } from '../../support/policy-layout.ts';
import { Chooser } from './chooser.ts';
import { type ListMaker, type RandomList, randomList } from './lists.ts';
import { randomParameters } from './parameters.ts';
import { randomProbes } from './probes.ts';
import type { RandomTable } from './tables.ts';
import { LOGINS, randomCast, ZONE } from './universe.ts';

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
    lines.push(`${name} =`, ...items.map((item, index) => `    ${item}${index < last ? ',' : ''}`));
  };

  // A class may use those before it: Postfix follows them when it starts, round and round.
  for (const name of ['strict', 'Lenient', 'deep'].slice(0, choose.integer(0, 3))) {
    setList(
      name,
      randomList({ choose, cast, classes: [...classes], tables, isSenderChecked: false }, 'recipient', 3),
    );
    classes.push(name);
  }
  if (classes.length > 0) lines.unshift(`smtpd_restriction_classes = ${classes.join(' ')}`);

  const maker: ListMaker = { choose, cast, classes, tables, isSenderChecked: false };
  const parameters = randomParameters(maker);
  for (const [list, likelihood, most] of LISTS) {
    if (!choose.chance(likelihood)) continue;
    const items = randomList({ ...maker, isSenderChecked: SENDER_CHECKED.includes(list) }, list, most);
    setList(`smtpd_${list}_restrictions`, list === 'recipient' ? guarded(choose, items) : items);
  }
  // XCLIENT must get through before the client that it tells of can be checked.
  if (parameters.includes('smtpd_delay_reject = no')) {
    lines = lines.map((line) =>
      line === 'smtpd_client_restrictions =' ? `${line}\n    ${LET_THROUGH},` : line,
    );
  }
  lines.push(...parameters);

  return [
    `about: random case ${seed}`,
    '== main.cf',
    ...lines,
    ...tables.flatMap(({ name, type, lines }) => [`== table ${name} ${type}`, ...lines]),
    '== zone',
    ZONE,
    '== probes',
    ...randomProbes(choose, cast, parameters.includes('smtpd_sasl_auth_enable = no') ? [] : LOGINS, probes),
    '',
  ].join('\n');
}

/** With something that makes Postfix run. */
function guarded(choose: Chooser, items: readonly string[]): string[] {
  const permit = items.findIndex((item) => /^permit$/i.test(item));
  const before = permit < 0 ? items : items.slice(0, permit);
  if (before.some((item) => REQUIRED.test(item))) return [...items];
  const at = choose.chance(0.3) ? 0 : before.length;
  return [...items.slice(0, at), 'reject_unauth_destination', ...items.slice(at)];
}
