import { describe, expect, it, test } from 'vitest';
import { isPatternError, parseAddressPattern } from '../../src/dns/address-pattern.ts';
import { ERROR_ANSWERS } from '../../src/dns/dnsbl-error-answers.ts';
import { DNSBL_KNOWLEDGE, findDnsbl, KNOWLEDGE_DATE } from '../../src/dns/dnsbl-knowledge.ts';
import { freshPoints } from '../../src/dns/dnsbl-points.ts';

describe('the knowledge of DNS lists', () => {
  it('has each zone once, in lower case, with a source', () => {
    const zones = DNSBL_KNOWLEDGE.map(({ zone }) => zone);
    expect(new Set(zones).size).toBe(zones.length);
    for (const { zone, source } of DNSBL_KNOWLEDGE) {
      expect(zone).toMatch(/^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/);
      expect(source).not.toBe('');
    }
  });

  it('says when a list closed, and that was before the knowledge was gathered', () => {
    for (const { status, since } of DNSBL_KNOWLEDGE) {
      if (status !== 'closed') continue;
      expect(since).toMatch(/^\d{4}(?:-\d\d){0,2}$/);
      expect(since?.slice(0, 7).localeCompare(KNOWLEDGE_DATE)).toBeLessThanOrEqual(0);
    }
  });

  it('refers to lists that it knows, and that are alive', () => {
    for (const { status, successor, partOf } of DNSBL_KNOWLEDGE) {
      expect(successor !== undefined).toBe(status === 'renamed' || status === 'no_list');
      for (const zone of [successor, partOf]) {
        if (zone !== undefined) expect(findDnsbl(zone)?.status).toBe('alive');
      }
    }
  });

  it('has filters that Postfix can read', () => {
    const filters = DNSBL_KNOWLEDGE.flatMap(({ listings }) => listings ?? []);
    expect(filters.length).toBeGreaterThan(5);
    for (const filter of filters) expect(isPatternError(parseAddressPattern(filter))).toBe(false);
  });

  it('has no fresh point inside what a list of reserved networks has', () => {
    const reserved = DNSBL_KNOWLEDGE.filter(({ testPoints }) => testPoints?.listsLoopback);
    expect(reserved.map(({ zone }) => zone)).toEqual([
      'bogons.cymru.com',
      'v4.fullbogons.cymru.com',
      'v6.fullbogons.cymru.com',
    ]);
    for (const { zone } of reserved) {
      for (const point of freshPoints(zone, 'address')) {
        expect(point).toMatch(/^(?:postward-.*|\d+\.\d+\.\d+\.17|.*\.0\.6\.8\.4\.1\.0\.0\.2)$/);
      }
    }
  });

  it('knows every list whose error answers are known', () => {
    for (const { zone } of ERROR_ANSWERS) {
      if (zone !== '') expect(findDnsbl(`list.${zone}`)?.status).toBe('alive');
    }
  });
});

test.each([
  ['relays.ordb.org', 'ordb.org'],
  ['Russia.Blackholes.US', 'blackholes.us'],
  ['rhsbl.ahbl.org', 'rhsbl.ahbl.org'],
  ['virbl.dnsbl.bit.nl', 'virbl.dnsbl.bit.nl'],
  ['dul.dnsbl.sorbs.net', 'sorbs.net'],
  ['multihop.dsbl.org', 'dsbl.org'],
  ['t1.dnsbl.net.au', 'dnsbl.net.au'],
  ['sbl.csma.biz', 'csma.biz'],
  ['dnsbl.ahbl.org', 'ahbl.org'],
  ['key.zen.dq.spamhaus.net', 'zen.dq.spamhaus.net'],
  ['spamcop.net', 'spamcop.net'],
  ['other.spamcop.net', undefined],
  ['notordb.org', undefined],
  ['org', undefined],
  ['', undefined],
])('%s is known as %s', (domain, zone) => {
  expect(findDnsbl(domain)?.zone).toBe(zone);
});
