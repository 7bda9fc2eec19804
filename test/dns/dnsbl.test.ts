import { describe, expect, it } from 'vitest';
import { isPatternError, parseAddressPattern } from '../../src/dns/address-pattern.ts';
import { negative, tempfail } from '../../src/dns/answer.ts';
import {
  type DnsblArgument,
  type DnsblResult,
  dnsblAddressName,
  dnsblReason,
  type ErrorAnswers,
  isDnsblArgumentError,
  parseDnsblArgument,
  readDnsblAnswer,
} from '../../src/dns/dnsbl.ts';
import { ERROR_ANSWERS } from '../../src/dns/dnsbl-error-answers.ts';
import type { DnsAnswer } from '../../src/dns/resolver.ts';

function list(argument: string): DnsblArgument {
  const parsed = parseDnsblArgument(argument);
  if (isDnsblArgumentError(parsed)) throw new Error(parsed.error);
  return parsed;
}

function found(...data: string[]): DnsAnswer {
  const records = data.map((each) => ({ data: each, preference: 0 }));
  return { status: 'found', records, ttlSeconds: 60, reason: '' };
}

function read(argument: string, answer: DnsAnswer, errorAnswers?: ErrorAnswers): DnsblResult {
  return readDnsblAnswer(answer, list(argument), errorAnswers);
}

describe('parseDnsblArgument', () => {
  it('keeps the whole for rbl_reply_maps, and the zone apart', () => {
    expect(list('bl.test=127.0.0.2')).toMatchObject({ argument: 'bl.test=127.0.0.2', domain: 'bl.test' });
    expect(list('bl.test')).toMatchObject({ argument: 'bl.test', domain: 'bl.test', filter: undefined });
  });

  it('says what is wrong, and where in the argument', () => {
    expect(parseDnsblArgument('bl.test=127.0.0.[2')).toEqual({
      error: 'need `;` or `]`',
      start: 18,
      end: 18,
    });
    expect(parseDnsblArgument('bl.test=')).toEqual({ error: 'empty address pattern', start: 8, end: 8 });
    expect(parseDnsblArgument('=127.0.0.2')).toMatchObject({ error: 'empty DNSBL domain' });
  });
});

describe('dnsblAddressName', () => {
  it('reverses octets, and the nibbles of IPv6', () => {
    expect(dnsblAddressName('192.0.2.99', 'bl.test')).toBe('99.2.0.192.bl.test');
    expect(dnsblAddressName('2001:db8:1:2:3:4:567:89ab', 'bl.test')).toBe(
      'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test',
    );
  });

  it('has no name for what is no address', () => {
    for (const text of ['unknown', '', '192.0.2', 'host.test', '::1%lo']) {
      expect(dnsblAddressName(text, 'bl.test')).toBeUndefined();
    }
  });
});

describe('readDnsblAnswer', () => {
  it('listed: any address, one among several, or those of the filter', () => {
    expect(read('bl.test', found('127.0.0.2'))).toEqual({ kind: 'listed', addresses: ['127.0.0.2'] });
    expect(read('bl.test', found('127.1.2.3'))).toEqual({ kind: 'listed', addresses: ['127.1.2.3'] });
    expect(read('bl.test=127.0.0.[10..11]', found('127.0.0.4', '127.0.0.11'))).toEqual({
      kind: 'listed',
      addresses: ['127.0.0.11'],
    });
  });

  it('not listed: nothing there, or nothing the filter wants', () => {
    expect(read('bl.test', negative('nxdomain', 60))).toEqual({ kind: 'not_listed' });
    expect(read('bl.test', negative('nodata', 60))).toEqual({ kind: 'not_listed' });
    expect(read('bl.test=127.0.0.2', found('127.0.0.4'))).toEqual({ kind: 'not_listed' });
  });

  it('a failure is neither', () => {
    expect(read('bl.test', tempfail('SERVFAIL'))).toEqual({ kind: 'tempfail', reason: 'SERVFAIL' });
  });

  it.each([
    ['bl.test', '203.0.113.80', 'outside 127.0.0.0/8'],
    ['bl.test', '126.255.255.255', 'outside 127.0.0.0/8'],
    ['bl.test', '128.0.0.2', 'outside 127.0.0.0/8'],
    ['bl.test', '255.255.255.255', 'outside 127.0.0.0/8'],
    ['bl.test=203.0.113.[0..255]', '203.0.113.80', 'outside 127.0.0.0/8'],
    ['zen.spamhaus.org', '127.255.255.252', 'does not know the name'],
    ['zen.spamhaus.org', '127.255.255.254', 'public'],
    ['zen.spamhaus.org', '127.255.255.255', 'too many queries'],
    ['bl.test', '127.255.255.0', 'error code'],
    ['bl.test=127.[0..255].[0..255].[0..255]', '127.255.255.254', 'public'],
    ['bl.test=127.0.0.2', '127.255.255.254', 'public'],
    ['dbl.spamhaus.org', '127.0.1.255', 'IP addresses'],
    ['list.dnswl.org=127.0.[0..255].[1..3]', '127.0.10.3', 'too many queries'],
    ['LIST.DNSWL.ORG', '127.0.0.255', 'too many queries'],
    ['multi.uribl.com', '127.0.0.1', 'through this resolver'],
    ['multi.surbl.org', '127.0.0.1', 'through this resolver'],
  ])('%s answers %s: an error, never a listing, unless the policy wants it', (argument, address, reason) => {
    expect(read(argument, found(address))).toEqual({
      kind: 'error_answer',
      address,
      reason: expect.stringContaining(reason),
    });
    const isWanted = argument.includes('=127.0.0.2') === false;
    expect(read(argument, found(address), 'listed').kind).toBe(isWanted ? 'listed' : 'not_listed');
  });

  it('control: the same addresses list where they are no error', () => {
    expect(read('bl.test', found('127.0.0.255')).kind).toBe('listed');
    expect(read('bl.test', found('127.0.10.3')).kind).toBe('listed');
    expect(read('notdnswl.org', found('127.0.10.3')).kind).toBe('listed');
    expect(read('bl.test', found('127.0.0.1')).kind).toBe('listed');
    expect(read('bl.test', found('127.255.254.254')).kind).toBe('listed');
  });

  it('an error beside a listing does not hide it', () => {
    expect(read('bl.test', found('127.255.255.254', '127.0.0.2'))).toEqual({
      kind: 'listed',
      addresses: ['127.0.0.2'],
    });
  });

  it('every row of the error answers can be read', () => {
    for (const { pattern } of ERROR_ANSWERS) {
      expect(isPatternError(parseAddressPattern(pattern)), pattern).toBe(false);
    }
  });
});

describe('dnsblReason', () => {
  function text(...records: { data: string; firstString?: string }[]): DnsAnswer {
    return { ...found(), records: records.map((record) => ({ ...record, preference: 0 })) };
  }

  it('joins records, and takes the first character-string of each', () => {
    expect(dnsblReason(text({ data: 'one' }, { data: 'two' }))).toBe('one / two');
    expect(dnsblReason(text({ data: 'onemore', firstString: 'one' }))).toBe('one');
    expect(dnsblReason(tempfail('timeout'))).toBe('');
  });

  it('blanks what cannot be printed, octet by octet', () => {
    expect(dnsblReason(text({ data: 'a\tb\u0000cüd' }))).toBe('a b c  d');
  });

  it('stops at 500 octets, and leaves no separator without room for text', () => {
    const long = 'x'.repeat(255);
    expect(dnsblReason(text({ data: long }, { data: long }))).toBe(`${long} / ${'x'.repeat(242)}`);
    expect(dnsblReason(text({ data: 'x'.repeat(600) }, { data: 'y' }))).toBe('x'.repeat(500));
    expect(dnsblReason(text({ data: 'x'.repeat(497) }, { data: 'yyyyy' }))).toBe(`${'x'.repeat(497)}yyy`);
    expect(dnsblReason(text({ data: 'x'.repeat(496) }, { data: 'yyyyy' }))).toBe(`${'x'.repeat(496)} / y`);
  });
});
