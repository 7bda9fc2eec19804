import { describe, expect, it } from 'vitest';
import { parseCase, withReplies } from './case-file.ts';

const TEXT = `about: an example
== main.cf
smtpd_client_restrictions = check_client_access hash:@T@/clients
== table clients hash
192.0.2.1  REJECT
== zone
x.test A 192.0.2.2
== probes
# a remark
first   addr=192.0.2.1 name=[UNAVAILABLE]
#< 554 5.7.1 no
second  from= 'to="a b"@x.test|c@x.test' helo=- data=1 mail=SMTPUTF8 'before=MAIL FROM:<x@y.test>|RSET'
#< 250 ok
#< 250 ok too
`;

describe('parseCase', () => {
  it('reads every section', () => {
    const parsed = parseCase('example', TEXT);
    expect(parsed).toMatchObject({
      name: 'example',
      about: 'an example',
      mainCf: 'smtpd_client_restrictions = check_client_access hash:/etc/postfix/clients\n',
      tables: [{ name: 'clients', type: 'hash', text: '192.0.2.1  REJECT\n' }],
      zone: 'x.test A 192.0.2.2\n',
    });
    expect(parsed.probes).toMatchObject([
      {
        id: 'first',
        client: { address: '192.0.2.1', name: '[UNAVAILABLE]', reverseName: '[UNAVAILABLE]' },
        helo: 'mail.client.test',
        sender: 'alice@sender.test',
        recipients: ['bob@dest.test'],
        bodyBytes: 0,
        mailParameters: '',
        before: [],
        expected: ['554 5.7.1 no'],
      },
      {
        id: 'second',
        helo: undefined,
        sender: '',
        recipients: ['"a b"@x.test', 'c@x.test'],
        bodyBytes: 1,
        mailParameters: 'SMTPUTF8',
        before: ['MAIL FROM:<x@y.test>', 'RSET'],
        expected: ['250 ok', '250 ok too'],
      },
    ]);
  });

  it.each([
    ['== nonsense\n', 'unknown section `nonsense`'],
    ['== probes\na colour=red\n', 'unknown key in `colour=red`'],
    ['== probes\na addr=::1\na addr=::2\n', 'two probes `a`'],
    ['== probes\na verb=EXPN\n', 'verb=EXPN'],
  ])('refuses %j', (text, message) => {
    expect(() => parseCase('bad', text)).toThrow(message);
  });
});

describe('withReplies', () => {
  it('writes the replies anew and leaves the rest alone', () => {
    const replies = new Map([
      ['first', ['450 4.7.1 later']],
      ['second', ['250 ok', '250 ok too']],
    ]);
    expect(withReplies(TEXT, replies)).toBe(TEXT.replace('554 5.7.1 no', '450 4.7.1 later'));
  });
});
