import { describe, expect, it } from 'vitest';
import { ATTRIBUTES, isAttributeName } from '../../src/protocol/attributes.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';

describe('the table of attributes', () => {
  it('has a row for each field of PolicyRequest and no other', () => {
    const rows = ATTRIBUTES.map((row) => row.name).sort();
    expect(rows).toEqual(Object.keys(new PolicyRequest()).sort());
  });

  it('says of every row since when and what', () => {
    for (const row of ATTRIBUTES) {
      expect(row.since, row.name).toMatch(/^[23]\.\d+$/);
      expect(row.summary, row.name).not.toBe('');
    }
  });

  it('is frozen', () => {
    expect(Object.isFrozen(ATTRIBUTES)).toBe(true);
    expect(ATTRIBUTES.every((row) => Object.isFrozen(row))).toBe(true);
  });

  it('knows its names, and no name of Object', () => {
    expect(isAttributeName('helo_name')).toBe(true);
    expect(isAttributeName('HELO_NAME')).toBe(false);
    expect(isAttributeName('constructor')).toBe(false);
    expect(isAttributeName('__proto__')).toBe(false);
  });
});
