/**
 * That the conformance cases leave nothing out: the cells that must be shown
 * are derived from the tables of restrictions, actions and table types, what is
 * shown is measured (coverage.ts), and what cannot be shown has its reason
 * here.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ACTIONS } from '../../src/access/action.ts';
import { RESTRICTIONS } from '../../src/restrictions/registry.ts';
import { TABLE_TYPES } from '../../src/tables/registry.ts';
import { parseCase } from '../support/case-file.ts';
import { accessProduct } from './access-product.ts';
import { CELLS, type Coverage, measure } from './coverage.ts';

const CASES = join(import.meta.dirname, 'cases');
/** Thousands of decisions: seconds, on a machine with nothing else to do. */
const LIMIT_MS = 300_000;

/** What an entry of a table can say to a check_*_access; `none`: no entry. */
const SAYINGS = [
  'none',
  'permit',
  'dunno',
  'reject',
  'defer',
  'defer_if_permit',
  'defer_if_reject',
  'effect',
  'list',
];

/** Kinds of values beyond the verbs of access(5). */
const OTHER_VALUES = ['(code)', '(malformed)', '(list)', '(empty)', '(permit)'];

/** Cells without a case, by pattern, and why. */
const EXCEPTIONS: readonly { readonly cells: RegExp; readonly because: string }[] = [
  {
    cells: /^(?:table |\w+ )(?:mysql|pgsql|sqlite|ldap|socketmap|tcp)(?:: \w+)?$/,
    because: 'asked of real servers, and compared with postmap -q, in test/tables',
  },
  {
    cells: /^(?:table |\w+ )list(?:: \w+)?$/,
    because: 'managed lists are not of Postfix; see test/lists',
  },
  {
    cells: /^(?:table |\w+ )s?dbm(?:: \w+)?$/,
    because: 'Debian’s Postfix has neither; their text source is read as that of hash',
  },
  {
    cells: /^(?:table |\w+ )debug(?:: \w+)?$/,
    because:
      'Postfix 3.7, with which the cases are tried, does not have it yet; it stands for the table that it names',
  },
  {
    cells: /^(?:table |\w+ )unix(?:: \w+)?$/,
    because: 'what it says of users and groups is no action; as Postfix looks them up, see test/tables',
  },
  {
    cells: /^\w+ (?:static|randmap): none$/,
    because: 'they answer whatever the key',
  },
  {
    cells: /^\w+ fail: (?!failure)/,
    because: 'it has nothing but failures',
  },
  {
    cells: /^check_(?:sender|recipient|sasl|etrn|ccert)_access cidr: (?!none)/,
    because: 'these never look up an address',
  },
  {
    cells: /^check_relay_domains: a table fails$/,
    because:
      'smtpd 3.7 ends the session when its own look into relay_domains fails; 3.9 has no such restriction',
  },
  {
    cells: /^check_policy_service: (?:dunno|permit|defer_if_permit|defer_if_reject|effect)$/,
    because: 'another policy server must answer so: policy-service.test.ts',
  },
];

function* required(): Generator<string> {
  const works = RESTRICTIONS.filter(({ support, isOurs }) => support.level === 'works' && isOurs !== true);
  for (const { name, aliases, yields, io, argument } of works) {
    for (const outcome of yields) yield CELLS.says(name, outcome);
    yield CELLS.control(name);
    if (io.includes('dns')) yield CELLS.dnsFailure(name);
    if (io.includes('table')) yield CELLS.tableFailure(name);
    for (const alias of aliases) yield CELLS.oldName(name, alias);
    if (argument !== 'table') continue;
    for (const { type } of supportedTypes()) {
      for (const saying of [...SAYINGS, ...(type === 'fail' ? ['failure'] : [])]) {
        yield CELLS.table(name, type, saying);
      }
    }
  }
  for (const { verb } of ACTIONS) yield CELLS.action(verb);
  for (const value of OTHER_VALUES) yield CELLS.action(value);
  for (const { type } of supportedTypes()) yield CELLS.tableType(type);
}

function supportedTypes() {
  return TABLE_TYPES.filter(({ source }) => source !== 'unsupported');
}

it('every restriction, outcome, action and table type has its case', { timeout: LIMIT_MS }, async () => {
  const coverage: Coverage = new Map();
  const cases = readdirSync(CASES).map((file) =>
    parseCase(file.replace(/\.case$/, ''), readFileSync(join(CASES, file), 'utf8')),
  );
  for (const each of [...cases, ...accessProduct(1).map(({ parsed }) => parsed)])
    await measure(each, coverage);

  const missing = [...required()].filter((cell) => !coverage.has(cell));
  const unexplained = missing.filter((cell) => !EXCEPTIONS.some(({ cells }) => cells.test(cell)));
  expect(unexplained).toEqual([]);
  // An exception that nothing needs hides what gets lost later.
  const idle = EXCEPTIONS.filter(({ cells }) => !missing.some((cell) => cells.test(cell)));
  expect(idle).toEqual([]);
});
