import { expect, it } from 'vitest';
import { parseTemplate } from '../../../src/tables/map-file/template.ts';
import { quotesOf } from '../../../src/tables/sql/quotes.ts';

const MYSQL = { hasBackslashes: true, hasEscapeTexts: false };
const PGSQL = { hasBackslashes: false, hasEscapeTexts: true };

it.each([
  ["a = '%s' AND b = %u", PGSQL, ['single', 'none']],
  ["a = 'it''s %s' AND \"%d\" = '%u'", PGSQL, ['single', 'double', 'single']],
  ["a = E'%s' OR a = e'\\'%s' OR name'%s'", PGSQL, ['escape', 'escape', 'single']],
  ["a = '\\'%s'", MYSQL, ['single']],
  ["a = '\\' || '%s'", PGSQL, ['single']],
  ["a = '\\' || '%s'", MYSQL, ['none']],
  ['a = "\\"%s" AND `%d` = \'%u@%d\'', MYSQL, ['double', 'backtick', 'single', 'single']],
  ["a = '%%%s%%'", MYSQL, ['single']],
  ["E%s'%s'", PGSQL, ['none', 'single']],
] as const)('%s', (text, rules, quotes) => {
  const template = parseTemplate(text);
  if ('error' in template) throw new Error(template.error);
  expect(quotesOf(template, rules)).toEqual(quotes);
});
