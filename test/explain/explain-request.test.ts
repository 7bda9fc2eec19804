import { describe, expect, test } from 'vitest';
import { requestFromText, requestFromWords } from '../../src/explain/explain-request.ts';
import { OperatorError } from '../../src/util/operator-error.ts';

function failure(make: () => unknown): OperatorError {
  try {
    make();
  } catch (error) {
    if (error instanceof OperatorError) return error;
  }
  throw new Error('there was no OperatorError');
}

describe('attributes on the command line', () => {
  test('are the request, and what is missing is assumed and told', () => {
    const { request, assumed } = requestFromWords(['sender=a=b@x.test', 'recipient=c@y.test']);
    expect(request).toMatchObject({
      request: 'smtpd_access_policy',
      protocol_state: 'RCPT',
      protocol_name: 'ESMTP',
      client_address: '192.0.2.1',
      client_name: 'unknown',
      reverse_client_name: 'unknown',
      helo_name: '',
      sender: 'a=b@x.test',
      recipient: 'c@y.test',
      size: '0',
    });
    expect(assumed).toEqual([
      'protocol_state=RCPT',
      'client_address=192.0.2.1',
      'client_name=unknown',
      'reverse_client_name=unknown',
    ]);
  });

  test('a client with a name is taken by its name', () => {
    const words = ['client_address=198.51.100.7', 'client_name=mail.x.test', 'protocol_state=RCPT'];
    const { request, assumed } = requestFromWords(words);
    expect(request).toMatchObject({
      reverse_client_name: 'mail.x.test',
      helo_name: 'mail.x.test',
      sender: '',
    });
    expect(assumed).toEqual(['helo_name=mail.x.test', 'sender= (the null sender)']);
  });

  test('what is given stays, also when it is empty', () => {
    const { request, assumed } = requestFromWords(['client_name=mail.x.test', 'helo_name=', 'sender=']);
    expect([request.helo_name, request.sender]).toEqual(['', '']);
    expect(assumed.join()).not.toMatch(/helo_name|sender/);
  });

  test.each([
    ['client_adress=192.0.2.1', 'unknown-attribute', 'did you mean `client_address`?'],
    ['colour=red', 'unknown-attribute', /^the attributes are protocol_state, /],
    ['constructor=1', 'unknown-attribute', /^the attributes are/],
    ['sender', 'attribute-without-value', 'write `sender=VALUE`'],
    ['client_address=192.0.2.256', 'malformed-attribute', /without port or brackets$/],
    ['client_address=[192.0.2.1]', 'malformed-attribute', /without port or brackets$/],
    ['client_address=2001:db8::1::2', 'malformed-attribute', /without port or brackets$/],
    ['server_address=here', 'malformed-attribute', /without port or brackets$/],
    ['size=1k', 'malformed-attribute', 'write digits alone'],
    ['protocol_state=rcpt', 'malformed-attribute', /^it is one of CONNECT, .*RCPT/],
  ])('`%s` is a mistake', (word, code, help) => {
    const error = failure(() => requestFromWords([word]));
    expect(error.code).toBe(code);
    expect(error.help).toMatch(help);
  });
});

describe('a captured request', () => {
  const captured = 'request=smtpd_access_policy\nprotocol_state=RCPT\nsender=a=b@x.test\nnew_one=1\n';

  test.each([
    ['as it was', `${captured}\n`],
    ['without its end', captured],
    ['with what followed it', `${captured}\nsender=other@x.test\n\n`],
    ['through an editor of another system', `\r\n${captured.replaceAll('\n', '\r\n')}\r\n`],
  ])('%s', (_how, text) => {
    const { request, assumed } = requestFromText(text);
    expect(request).toMatchObject({ protocol_state: 'RCPT', sender: 'a=b@x.test', client_name: '' });
    expect([assumed, 'new_one' in request]).toEqual([[], false]);
  });

  test('with an address that cannot be', () => {
    const error = failure(() => requestFromText(`${captured}client_address=192.0.2\n\n`));
    expect(error.message).toBe('the attribute `client_address` is `192.0.2`, which is no IP address');
  });

  test.each(['unknown', ''])('with the client address `%s`, as Postfix may send it', (address) => {
    const { request } = requestFromText(`${captured}client_address=${address}\n\n`);
    expect(request.client_address).toBe(address);
  });

  test.each(['', 'protocol_state=RCPT\n', 'hello\n', '=x\n'])('%j is none', (text) => {
    expect(failure(() => requestFromText(text)).code).toBe('not-a-request');
  });
});
