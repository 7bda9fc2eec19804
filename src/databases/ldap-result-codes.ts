/** The result codes of LDAP that a lookup can meet (RFC 4511 appendix A), for people. */

export const SUCCESS = 0;
export const NO_SUCH_OBJECT = 32;

const NAMES: Readonly<Record<number, string>> = {
  1: 'operationsError',
  2: 'protocolError',
  3: 'timeLimitExceeded',
  4: 'sizeLimitExceeded',
  7: 'authMethodNotSupported',
  8: 'strongerAuthRequired',
  10: 'referral',
  11: 'adminLimitExceeded',
  12: 'unavailableCriticalExtension',
  13: 'confidentialityRequired',
  16: 'noSuchAttribute',
  17: 'undefinedAttributeType',
  18: 'inappropriateMatching',
  21: 'invalidAttributeSyntax',
  [NO_SUCH_OBJECT]: 'noSuchObject',
  33: 'aliasProblem',
  34: 'invalidDNSyntax',
  36: 'aliasDereferencingProblem',
  48: 'inappropriateAuthentication',
  49: 'invalidCredentials',
  50: 'insufficientAccessRights',
  51: 'busy',
  52: 'unavailable',
  53: 'unwillingToPerform',
  54: 'loopDetect',
  80: 'other',
};

/** @param text what the server says about it */
export function describeResult(code: number, text: string): string {
  const name = NAMES[code] ?? `code ${code}`;
  const trimmed = text.trim().slice(0, 200);
  return trimmed === '' ? name : `${name}: ${trimmed}`;
}
