/**
 * The request that `explain` is about: from attributes on the command line,
 * or a request as it was captured.
 */
import { parseIpAddress } from '../net/ip-address.ts';
import { ATTRIBUTES, REQUEST_TYPE } from '../protocol/attributes.ts';
import { type AttributeName, PolicyRequest } from '../protocol/request.ts';
import { didYouMean } from '../util/did-you-mean.ts';
import { OperatorError } from '../util/operator-error.ts';

export interface ExplainRequest {
  readonly request: PolicyRequest;
  /** What was not given and so assumed, as `name=value`. */
  readonly assumed: readonly string[];
}

/** SMTPD_POLICY_README, and `XCLIENT`, which it does not mention. */
const PROTOCOL_STATES: readonly string[] = [
  'CONNECT',
  'XCLIENT',
  'HELO',
  'EHLO',
  'MAIL',
  'RCPT',
  'DATA',
  'END-OF-MESSAGE',
  'VRFY',
  'ETRN',
];

const NAMES: ReadonlySet<string> = new Set(ATTRIBUTES.map(({ name }) => name));

/** A client nobody knows (RFC 5737), so that nothing is permitted for where it comes from. */
const STRANGER = '192.0.2.1';

/**
 * @param words `name=value`, the first `=` counts
 * @throws OperatorError for what is no attribute, or cannot be the value of one
 */
export function requestFromWords(words: readonly string[]): ExplainRequest {
  const request = new PolicyRequest();
  const given = new Set<string>();
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    if (!isAttribute(name)) throw unknownAttribute(name);
    if (equals < 0) {
      throw new OperatorError(
        'attribute-without-value',
        `the attribute \`${name}\` has no value`,
        `write \`${name}=VALUE\``,
      );
    }
    request[name] = word.slice(equals + 1);
    given.add(name);
  }
  checkValues(request);

  const assumed: string[] = [];
  const assume = (name: AttributeName, value: string, isWorthSaying = true) => {
    if (given.has(name)) return;
    request[name] = value;
    if (isWorthSaying) assumed.push(`${name}=${value}`);
  };
  assume('request', REQUEST_TYPE, false);
  assume('protocol_state', 'RCPT');
  assume('protocol_name', 'ESMTP', false);
  assume('client_address', STRANGER);
  assume('client_name', 'unknown');
  assume('reverse_client_name', request.client_name, given.has('client_name') === false);
  // Before HELO, which is only so when somebody says so.
  if (request.client_name !== 'unknown') assume('helo_name', request.client_name);
  if (!given.has('sender')) assumed.push('sender= (the null sender)');
  assume('recipient_count', '0', false);
  assume('size', '0', false);
  assume('encryption_keysize', '0', false);
  return { request, assumed };
}

/**
 * A request as Postfix sent it: `name=value` lines up to an empty one. Unknown
 * names are passed over, as the daemon does.
 *
 * @throws OperatorError when it is none, or holds a value that cannot be
 */
export function requestFromText(text: string): ExplainRequest {
  const request = new PolicyRequest();
  const lines = text.replace(/^(?:[ \t]*\r?\n)+/, '').split(/\r?\n/);
  const end = lines.indexOf('');
  for (const line of lines.slice(0, end < 0 ? lines.length : end)) {
    const equals = line.indexOf('=');
    if (equals <= 0) {
      throw new OperatorError(
        'not-a-request',
        `\`${line.slice(0, 80)}\` is no \`name=value\` line of a policy request`,
        'give the request as Postfix sent it, or attributes as arguments',
      );
    }
    const name = line.slice(0, equals);
    if (isAttribute(name)) request[name] = line.slice(equals + 1);
  }
  if (request.request !== REQUEST_TYPE) {
    throw new OperatorError(
      'not-a-request',
      `standard input holds no policy request: \`request=${REQUEST_TYPE}\` is missing`,
      'give the request as Postfix sent it, or attributes as arguments: `postward explain client_address=192.0.2.1 sender=a@example.com recipient=b@example.org`',
    );
  }
  checkValues(request);
  return { request, assumed: [] };
}

/** The attributes whose values have a form, which Postfix keeps to and a typing error does not. */
interface ValueForm {
  readonly names: readonly AttributeName[];
  readonly isValid: (value: string) => boolean;
  readonly words: string;
  readonly help: string;
}

const VALUE_FORMS: readonly ValueForm[] = [
  {
    names: ['client_address', 'server_address'],
    // smtpd(8) says `unknown` of a client that is not connected over IP.
    isValid: (value) => value === 'unknown' || parseIpAddress(value) !== undefined,
    words: 'no IP address',
    help: 'write an IPv4 or IPv6 address, such as `192.0.2.1` or `2001:db8::1`, without port or brackets',
  },
  {
    names: ['size', 'recipient_count', 'encryption_keysize'],
    isValid: (value) => /^\d+$/.test(value),
    words: 'no number',
    help: 'write digits alone',
  },
  {
    names: ['protocol_state'],
    isValid: (value) => PROTOCOL_STATES.includes(value),
    words: 'no state of an SMTP session that Postfix knows',
    help: `it is one of ${PROTOCOL_STATES.join(', ')}`,
  },
];

/** Empty values are what Postfix sends of what it does not know. */
function checkValues(request: PolicyRequest): void {
  for (const { names, isValid, words, help } of VALUE_FORMS) {
    for (const name of names) {
      const value = request[name];
      if (value === '' || isValid(value)) continue;
      throw new OperatorError(
        'malformed-attribute',
        `the attribute \`${name}\` is \`${value.slice(0, 80)}\`, which is ${words}`,
        help,
      );
    }
  }
}

function isAttribute(name: string): name is AttributeName {
  return NAMES.has(name);
}

function unknownAttribute(name: string): OperatorError {
  const suggestion = didYouMean(name, NAMES);
  return new OperatorError(
    'unknown-attribute',
    `\`${name}\` is no attribute of a policy request`,
    suggestion === undefined
      ? `the attributes are ${[...NAMES].filter((known) => known !== 'request').join(', ')}`
      : `did you mean \`${suggestion}\`?`,
  );
}
