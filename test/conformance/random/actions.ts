/** Random right-hand sides of access tables (access(5)): all verbs, with sound and odd arguments. */
import type { Chooser } from './chooser.ts';
import { words } from './words.ts';

export const TEXTS: readonly string[] = [
  'no',
  'go away',
  'see http://bl.test/x?y=1',
  'rejected: not here',
  'two  blanks',
  '<odd> [text] (here)',
  'unerwünscht',
  '5.7 is no status code',
  'per cent %s',
  'a\ttab',
  'comma, separated',
  '日本語 😀',
  'bell \u0007 and \u007f here',
  '"quoted" \\n back\\slash',
  '$client_name and ${sender}',
  '# no remark',
  '; = ! * ?',
  'REJECT',
  `long ${'x'.repeat(300)}`,
  `longer ${'word '.repeat(150)}end`,
];

/** Not one with nothing behind it: Postfix 3.7 then sends what it had in mind before. */
const DSNS = words(`
  5.7.1 4.7.1 5.1.1 5.1.8 5.1.2 4.1.7 5.1.3 5.1.10 5.4.6 4.0.0 5.7.27 2.1.5 5.1.0 4.1.4 5.1.5 5.1.6 5.7.999 4.123.1
`);

/** What looks like a status code, or like an action, and what nobody means. */
const ODD_ACTIONS: readonly string[] = [
  'REJECT 5.7.1text',
  'REJECT 5.7.1.2 x',
  'REJECT 5.1234.1 x',
  'REJECT 05.7.1 x',
  'REJECT 6.7.1 x',
  'REJECT 5.7. x',
  '5.7.1 no',
  '600 no',
  '250 fine',
  '99 no',
  '5500 no',
  '55O no',
  '550-5.7.1 no',
  '550, no',
  '12 34',
  '-1',
  '+550',
  'REJECT, reject',
  'REJECT,',
  'reject, defer',
  'defer_if_reject, reject',
  'DEFER_IF_PERMIT, permit',
  'OK, fine',
  'OK,',
  'DUNNO,reject',
  'DUNNO reject',
  ',',
  ', ,',
  '{reject}',
  '{ reject }',
  'warn_if_reject',
  'warn_if_reject warn_if_reject reject',
  'warn_if_reject REJECT',
  'sleep 0',
  'sleep',
  'sleep x',
  'check_helo_access nothing',
  'check_policy_service',
  'hash:/etc/postfix/t1',
  'reject_rbl_client',
  'reject_unknown_forward_client_hostname',
  'no_such_thing',
  'permit reject',
  'REJECTED',
  'DELAY 5m',
  'ACCEPT',
];

const DUTIES: readonly string[] = [
  'PREPEND X-Seen: yes',
  'PREPEND X-Seen:yes',
  'PREPEND X-Seen',
  'PREPEND',
  'PREPEND : x',
  'PREPEND x y: z',
  'REDIRECT box@dest.test',
  'REDIRECT nowhere',
  'REDIRECT',
  'FILTER smtp:[127.0.0.1]:1',
  'FILTER discard:',
  'FILTER nothing',
  'FILTER',
  'BCC box@dest.test',
  'BCC a@dest.test b@dest.test',
  'BCC nowhere',
  'BCC',
];

/** @param lists restriction lists that may stand there */
export function randomAction(choose: Chooser, lists: () => string): string {
  const text = (): string => (choose.chance(0.7) ? ` ${choose.of(TEXTS)}` : '');
  const dsnText = (): string => (choose.chance(0.35) ? ` ${choose.of(DSNS)} ${choose.of(TEXTS)}` : text());
  const code = (least: number): string => {
    const dsn = choose.chance(0.5) ? ` ${choose.of(DSNS)}` : '';
    return `${choose.integer(least, least + 99)}${dsn} ${choose.of(TEXTS)}`;
  };
  const action = choose.weighted<() => string>([
    [7, () => 'OK'],
    [1, () => 'RELAY'],
    [1, () => `${choose.of(['OK', 'RELAY', 'DUNNO'])}${text()}`],
    [1, () => choose.of(['12345', '550', '0', '00', '4294967296'])],
    [6, () => 'DUNNO'],
    [9, () => `REJECT${dsnText()}`],
    [5, () => `DEFER${dsnText()}`],
    [4, () => code(500)],
    [4, () => code(400)],
    [0.5, () => `${choose.of([421, 521])} 4.7.0 farewell`],
    [5, () => `DEFER_IF_PERMIT${dsnText()}`],
    [5, () => `DEFER_IF_REJECT${dsnText()}`],
    [2, () => `DISCARD${text()}`],
    [1.5, () => `HOLD${text()}`],
    [1.5, () => `WARN${text()}`],
    [1.5, () => `INFO${text()}`],
    [4, () => choose.of(DUTIES)],
    [11, lists],
    [1.5, () => choose.of(ODD_ACTIONS)],
  ])();
  if (choose.chance(0.05)) return action.replace(/^[A-Z_]+ /, (verb) => `${verb} \t`);
  return choose.chance(0.15)
    ? action.replace(/^[A-Z_]+/, choose.chance(0.5) ? (verb) => verb.toLowerCase() : capitalized)
    : action;
}

function capitalized(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}
