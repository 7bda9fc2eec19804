/**
 * A request as smtpd(8) would have sent it to another policy server, made of
 * the one that it sent to us (SMTPD_POLICY_README): all attributes in
 * Postfix's order, `name=value` lines and an empty line.
 */
import { ATTRIBUTES, REQUEST_TYPE } from '../protocol/attributes.ts';
import type { AttributeName, PolicyRequest } from '../protocol/request.ts';

/** Young attributes that are never empty, or about to be: sent on only if they came. */
const SENT_IF_GIVEN: ReadonlySet<AttributeName> = new Set(['tls_sni', 'compatibility_level', 'mail_version']);

/** smtpd sends these as numbers, so that none is empty. */
const NUMBERS: ReadonlySet<AttributeName> = new Set(['recipient_count', 'size', 'encryption_keysize']);

/** What would end a value early; only a request that did not come from Postfix can hold it. */
const LINE_ENDS = /[\0\r\n]/g;

/** @param policyContext replaces that of the request: it is the asking check_policy_service's own */
export function encodePolicyQuery(request: PolicyRequest, policyContext: string): string {
  let text = '';
  for (const { name } of ATTRIBUTES) {
    const value = attributeValue(name, request, policyContext);
    if (value !== '' || !SENT_IF_GIVEN.has(name)) text += `${name}=${value.replace(LINE_ENDS, '?')}\n`;
  }
  return `${text}\n`;
}

function attributeValue(name: AttributeName, request: PolicyRequest, policyContext: string): string {
  if (name === 'request') return REQUEST_TYPE;
  if (name === 'policy_context') return policyContext;
  const value = request[name];
  return value === '' && NUMBERS.has(name) ? '0' : value;
}
