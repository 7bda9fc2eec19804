/**
 * All lint rules. `check`, the API and the reference page derive from here;
 * the order is that of the reference: lists, relaying, DNS lists, tables, parameters and files.
 */
import type { LintRule } from './lint-rule.ts';
import { anyClientCertificate } from './rules/any-client-certificate.ts';
import { badRblReply } from './rules/bad-rbl-reply.ts';
import { bareCode } from './rules/bare-code.ts';
import { caseSensitivePattern } from './rules/case-sensitive-pattern.ts';
import { cidrForNames } from './rules/cidr-for-names.ts';
import { classNamedLikeRestriction } from './rules/class-named-like-restriction.ts';
import { closedDnsbl } from './rules/closed-dnsbl.ts';
import { dnsblSubject } from './rules/dnsbl-subject.ts';
import { dnsblTerms } from './rules/dnsbl-terms.ts';
import { domainInTwoClasses } from './rules/domain-in-two-classes.ts';
import { doubledArgument } from './rules/doubled-argument.ts';
import { dsnClass } from './rules/dsn-class.ts';
import { dsnWithoutText } from './rules/dsn-without-text.ts';
import { earlyMultiRecipientBounce } from './rules/early-multi-recipient-bounce.ts';
import { everyDestination } from './rules/every-destination.ts';
import { forbiddenOk } from './rules/forbidden-ok.ts';
import { heloNotRequired } from './rules/helo-not-required.ts';
import { idlePermit } from './rules/idle-permit.ts';
import { idleWarnIfReject } from './rules/idle-warn-if-reject.ts';
import { interfaceHostName } from './rules/interface-host-name.ts';
import { lateLoginCheck } from './rules/late-login-check.ts';
import { looseSetting } from './rules/loose-setting.ts';
import { malformedAction } from './rules/malformed-action.ts';
import { misplacedRestriction } from './rules/misplaced-restriction.ts';
import { noRelayGuard } from './rules/no-relay-guard.ts';
import { okBeforeRelayGuard } from './rules/ok-before-relay-guard.ts';
import { oldName } from './rules/old-name.ts';
import { openRelay } from './rules/open-relay.ts';
import { permitBehindGuard } from './rules/permit-behind-guard.ts';
import { remarkInResult } from './rules/remark-in-result.ts';
import { remarkInValue } from './rules/remark-in-value.ts';
import { removedRestriction } from './rules/removed-restriction.ts';
import { renamedDnsbl } from './rules/renamed-dnsbl.ts';
import { repeatedDnsbl } from './rules/repeated-dnsbl.ts';
import { senderLoginIgnored } from './rules/sender-login-ignored.ts';
import { serviceBeforeRelayGuard } from './rules/service-before-relay-guard.ts';
import { shadowedRow } from './rules/shadowed-row.ts';
import { swallowedRestriction } from './rules/swallowed-restriction.ts';
import { swallowedRow } from './rules/swallowed-row.ts';
import { tableInResult } from './rules/table-in-result.ts';
import { unaskableDnsbl } from './rules/unaskable-dnsbl.ts';
import { unfilteredDnsbl } from './rules/unfiltered-dnsbl.ts';
import { unknownAction } from './rules/unknown-action.ts';
import { unlistedWithoutUsers } from './rules/unlisted-without-users.ts';
import { unmatchableDomain } from './rules/unmatchable-domain.ts';
import { unmatchableKey } from './rules/unmatchable-key.ts';
import { unreachableRestriction } from './rules/unreachable-restriction.ts';
import { worldReadablePassword } from './rules/world-readable-password.ts';

export const LINT_RULES: readonly LintRule[] = Object.freeze([
  unreachableRestriction,
  oldName,
  removedRestriction,
  misplacedRestriction,
  earlyMultiRecipientBounce,
  heloNotRequired,
  idleWarnIfReject,
  idlePermit,
  classNamedLikeRestriction,
  doubledArgument,
  senderLoginIgnored,
  unlistedWithoutUsers,
  lateLoginCheck,

  interfaceHostName,
  noRelayGuard,
  openRelay,
  everyDestination,
  okBeforeRelayGuard,
  serviceBeforeRelayGuard,
  anyClientCertificate,
  permitBehindGuard,
  unmatchableDomain,
  domainInTwoClasses,

  swallowedRestriction,
  unaskableDnsbl,
  closedDnsbl,
  renamedDnsbl,
  dnsblSubject,
  unfilteredDnsbl,
  repeatedDnsbl,
  badRblReply,
  dnsblTerms,

  unmatchableKey,
  cidrForNames,
  caseSensitivePattern,
  shadowedRow,
  swallowedRow,
  bareCode,
  dsnWithoutText,
  dsnClass,
  unknownAction,
  tableInResult,
  malformedAction,
  forbiddenOk,
  remarkInResult,

  remarkInValue,
  looseSetting,
  worldReadablePassword,
]);
