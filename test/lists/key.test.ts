import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isKeyMistake, parseKey } from '../../src/lists/key.ts';
import { LIST_KINDS, type ListKind } from '../../src/store/list-records.ts';

/** What becomes of a key, on one line. */
function told(written: string, kind: ListKind = 'any'): string {
  const parsed = parseKey(written, kind);
  if (isKeyMistake(parsed)) return `refused: ${parsed.error}; ${parsed.help}`;
  return `${parsed.class} ${parsed.key}${parsed.note === undefined ? '' : ' (noted)'}`;
}

describe('a key', () => {
  it.each([
    ['192.0.2.7', 'address 192.0.2.7'],
    ['192.0.2.7/32', 'address 192.0.2.7 (noted)'],
    ['192.0.2.0/24', 'network 192.0.2.0/24'],
    ['0.0.0.0/0', 'network 0.0.0.0/0'],
    ['192.0.2', 'octets 192.0.2'],
    ['192.0.2.', 'octets 192.0.2 (noted)'],
    ['10', 'octets 10'],
    ['2001:db8::1', 'address 2001:db8::1'],
    ['2001:DB8::1', 'address 2001:db8::1'],
    ['2001:0db8:0:0:0:0:0:1', 'address 2001:db8::1 (noted)'],
    ['[2001:db8::]/32', 'network 2001:db8::/32 (noted)'],
    ['2001:db8:0::/48', 'network 2001:db8::/48 (noted)'],
    ['2001:db8', 'octets 2001:db8'],
    ['2001:0db8', 'octets 2001:db8 (noted)'],
    ['2001:db8:', 'octets 2001:db8 (noted)'],
    ['::ffff:192.0.2.7', 'address 192.0.2.7 (noted)'],
    ['Mail.Example.COM', 'name mail.example.com'],
    ['example.com.', 'name example.com (noted)'],
    ['.example.com', 'subdomains .example.com'],
    ['bücher.example', 'name xn--bcher-kva.example (noted)'],
    ['.Bücher.example', 'subdomains .xn--bcher-kva.example (noted)'],
    ['User@Example.com', 'mail user@example.com'],
    ['user@bücher.example', 'mail user@xn--bcher-kva.example (noted)'],
    ['user@[192.0.2.1]', 'mail user@[192.0.2.1]'],
    ['a b@example.com', 'mail "a b"@example.com (noted)'],
    ['"a b"@example.com', 'mail "a b"@example.com'],
    ['"plain"@example.com', 'mail plain@example.com (noted)'],
    ['jörg@example.com', 'mail jörg@example.com'],
    ['user@', 'user user@'],
    ['<>', 'null <>'],
    ['  example.com ', 'name example.com'],
    [
      'a1:b2:c3:d4:e5:f6:07:18:29:3a:4b:5c:6d:7e:8f:90',
      'text a1:b2:c3:d4:e5:f6:07:18:29:3a:4b:5c:6d:7e:8f:90',
    ],
  ])('%j becomes %s', (written, expected) => {
    expect(told(written)).toBe(expected);
  });

  it.each([
    ['', 'the key is empty'],
    ['192.0.2.7/24', 'write `192.0.2.0/24` for the network'],
    ['192.0.2.0/33', 'bad mask length'],
    ['192.0.2.0/255.255.255.0', 'number of bits'],
    ['192.0.2.300', 'neither an address'],
    ['192.0.02.1', 'without leading zeros'],
    ['2001', 'neither an address nor the beginning'],
    ['2001:', 'write `2001::/16` for the network'],
    ['a:', 'write `a::/16` for the network'],
    ['2001:db8::/20', 'write `2001::/20` for the network'],
    ['::ffff:192.0.2.0/120', 'write `192.0.2.0/24`'],
    ['*.example.com', 'there are no wildcards'],
    ['192.0.2.1-192.0.2.9', 'there are no ranges'],
    ['192.0.2.1-9', 'there are no ranges'],
    ['@example.com', 'write `example.com` for all addresses'],
    ['@', 'write `user@domain`, `user@` or a domain'],
    ['"a@example.com', 'unbalanced quotes'],
    ['a b', 'white space'],
    ['"\u00a0a"@example.com', 'white space at the beginning'],
    ['ex ample.com', 'white space'],
    ['exa_mple..com', 'no domain name'],
    ['-x.example', 'no domain name'],
    ['[192.0.2.1]', 'could be a client or a HELO name'],
    ['.', 'neither an address'],
    ['a\nb', 'control character'],
    ['a\u0000b', 'control character'],
    ['\ud800.example', 'control character'],
    [`${'a'.repeat(60)}.`.repeat(9), 'longer than 512 bytes'],
  ])('%j is refused: %s', (written, part) => {
    const answer = told(written);
    expect(answer).toMatch(/^refused: /);
    expect(answer).toContain(part);
  });

  it.each<[string, ListKind, string]>([
    ['user@example.com', 'client', 'refused: a mail address never matches in a list of kind `client`'],
    ['user@', 'helo', 'refused: `user@` never matches'],
    ['192.0.2.1', 'sender', 'refused: an IP address never matches'],
    ['192.0.2', 'recipient', 'refused: a network never matches'],
    ['<>', 'recipient', 'refused: `<>`, the null sender,'],
    ['<>', 'sender', 'null <>'],
    ['[192.0.2.1]', 'helo', 'text [192.0.2.1]'],
    ['[192.0.2.1]', 'client', 'address 192.0.2.1'],
    ['[IPv6:2001:db8::1]', 'helo', 'text [ipv6:2001:db8::1]'],
    ['My..PC', 'helo', 'text my..pc'],
    ['192.0.2.1-9', 'helo', 'name 192.0.2.1-9'],
    ['192.0.2.1-pool.example.net', 'client', 'name 192.0.2.1-pool.example.net'],
  ])('%j in a list of kind %s: %s', (written, kind, expected) => {
    expect(told(written, kind)).toMatch(new RegExp(`^${expected.replace(/[[\]()<>.\\]/g, '\\$&')}`));
  });

  it('is its own canonical form', () => {
    for (const written of ['192.0.2.7/32', '2001:0DB8::/32', 'bücher.example', 'a b@Example.com', '10.']) {
      const once = parseKey(written, 'any');
      if (isKeyMistake(once)) throw new Error(once.error);
      expect(parseKey(once.key, 'any')).toEqual({ key: once.key, class: once.class, note: undefined });
    }
  });

  it('is its own canonical form, whatever it was', () => {
    const unit = fc.constantFrom(...'aZ."#\\ @:/1é\u00a0[]');
    const end = fc.constantFrom('', '@example.com', '@', '.example', '::1', '.2.3');
    let keys = 0;
    fc.assert(
      fc.property(
        fc.string({ unit, maxLength: 8 }),
        end,
        fc.constantFrom(...LIST_KINDS),
        (start, rest, kind) => {
          const once = parseKey(start + rest, kind);
          if (isKeyMistake(once)) return;
          keys += 1;
          expect(parseKey(once.key, kind)).toEqual({ key: once.key, class: once.class, note: undefined });
        },
      ),
      { numRuns: 5000 },
    );
    expect(keys).toBeGreaterThan(500);
  });
});
