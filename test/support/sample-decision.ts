/**
 * Decisions made by hand, for what reads them: log, metrics, explain.
 */
import type { Decision } from '../../src/engine/decision.ts';
import type { Reply } from '../../src/engine/outcome.ts';
import type { ListName, StepRef } from '../../src/engine/step.ts';
import { Source } from '../../src/language/source.ts';
import { PolicyRequest } from '../../src/protocol/request.ts';
import type { Ruling } from '../../src/snapshot/decider.ts';

const SOURCE = new Source(
  'mx.cf',
  [
    'smtpd_client_restrictions = permit_mynetworks, reject_rbl_client bl.example',
    'smtpd_helo_restrictions = check_helo_access hash:ok_helo, reject_unknown_helo_hostname',
    'smtpd_sender_restrictions = lenient, reject',
    'lenient = warn_if_reject reject_non_fqdn_sender, permit',
  ].join('\n'),
);

/** A step of the sample policy, at the place where it is written. */
export function sampleStep(text: string): StepRef {
  const start = SOURCE.text.indexOf(text);
  if (start < 0) throw new Error(`the sample policy has no \`${text}\``);
  return {
    restriction: text.split(' ', 1)[0] ?? '',
    text,
    span: SOURCE.span(start, start + text.length),
  };
}

export const SAMPLE_REPLY: Reply = {
  code: 450,
  dsn: '4.7.1',
  prefix: '<alor.test>: Helo command rejected',
  text: 'Host not found',
};

export function sampleDecision(members: Partial<Decision> = {}): Decision {
  return {
    verdict: 'defer',
    reply: SAMPLE_REPLY,
    effects: [],
    decidedBy: decidedBy('helo', 'reject_unknown_helo_hostname'),
    warnings: [],
    isFault: false,
    trace: undefined,
    ...members,
  };
}

export function decidedBy(list: ListName, text: string): Decision['decidedBy'] {
  return { list, step: sampleStep(text), entry: undefined };
}

export const SAMPLE_PERMIT: Decision = sampleDecision({
  verdict: 'permit',
  reply: undefined,
  decidedBy: undefined,
});

export function sampleRequest(attributes: Partial<PolicyRequest> = {}): PolicyRequest {
  return Object.assign(new PolicyRequest(), {
    request: 'smtpd_access_policy',
    protocol_state: 'RCPT',
    protocol_name: 'ESMTP',
    client_address: '192.0.2.28',
    client_name: 'proxy.aaa.test',
    helo_name: 'alor.test',
    sender: 'info@aaa.test',
    recipient: 'kororo@kororo.test',
    instance: '1a2b.3c4d.0',
    ...attributes,
  });
}

/** A decision on all lists, as it is answered to a Postfix with the usual codes. */
export function sampleRuling(members: Partial<Decision> = {}): Ruling {
  return {
    decision: sampleDecision(members),
    policy: 'mx',
    list: undefined,
    snapshotVersion: 1,
    accessMapDeferCode: 450,
  };
}
