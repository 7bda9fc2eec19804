/**
 * A decision as a log line: the sentence Postfix would have logged (so that
 * grep, fail2ban and pflogsumm go on working) and the same facts as fields.
 * See log_whatsup in smtpd(8)'s log format: `QUEUEID: ACTION: STATE from
 * NAME[ADDRESS]: TEXT; from=<> to=<> proto= helo=<>`.
 */
import type { Decision, Warning } from '../engine/decision.ts';
import { formatReply } from '../engine/outcome.ts';
import { formatSpan } from '../language/source.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { printable } from './printable.ts';

/** States in which smtpd knows a sender, so that an empty one is the null sender. */
const STATES_WITH_SENDER = new Set(['MAIL', 'RCPT', 'DATA', 'END-OF-MESSAGE']);

export interface DecisionContext {
  readonly policy: string;
  readonly snapshot: number;
  readonly durationMs: number;
}

/** The sentence: `NOQUEUE: reject: RCPT from mail.example[192.0.2.1]: 554 5.7.1 <…>: …; from=<a@b> to=<c@d> …`. */
export function decisionMessage(decision: Decision, request: PolicyRequest): string {
  return sentence(decisionVerb(decision), decisionText(decision), request);
}

/** The sentence for a restriction that warn_if_reject softened. */
export function warningMessage(warning: Warning, request: PolicyRequest): string {
  const text = warning.reply === undefined ? warning.message : formatReply(warning.reply);
  return sentence('reject_warning', text, request);
}

/** The facts of a decision as log fields; those that are empty are left out. */
export function decisionFields(
  decision: Decision,
  request: PolicyRequest,
  context: DecisionContext,
): Record<string, unknown> {
  const { decidedBy, reply } = decision;
  const fields: Record<string, unknown> = {
    event: 'decision',
    policy: context.policy,
    verdict: decision.verdict,
  };
  if (decidedBy !== undefined) {
    fields['list'] = decidedBy.list;
    fields['restriction'] = decidedBy.step.restriction;
    fields['step'] = printable(decidedBy.step.text);
    if (decidedBy.step.span !== undefined) fields['place'] = formatSpan(decidedBy.step.span);
    if (decidedBy.entry !== undefined) {
      const { table, key, value, failure } = decidedBy.entry;
      fields['table'] = printable(table);
      fields['table_key'] = printable(key);
      if (value !== undefined) fields['table_value'] = printable(value);
      if (failure !== '') fields['table_failure'] = printable(failure);
    }
  }
  if (reply !== undefined) {
    fields['code'] = reply.code;
    fields['dsn'] = reply.dsn;
    fields['reply'] = printable(reply.text);
  }
  if (decision.isFault) fields['fault'] = true;
  if (decision.effects.length > 0) {
    fields['effects'] = decision.effects.map((effect) => printable(`${effect.verb} ${effect.text}`));
  }
  if (decision.warnings.length > 0) {
    fields['warnings'] = decision.warnings.map(
      (warning) => `${warning.code}: ${warning.step.restriction}: ${printable(warning.message)}`,
    );
  }
  put(fields, 'protocol_state', request.protocol_state);
  put(fields, 'client_address', request.client_address);
  put(fields, 'client_name', request.client_name);
  put(fields, 'helo_name', request.helo_name);
  fields['sender'] = printable(request.sender);
  put(fields, 'recipient', request.recipient);
  put(fields, 'queue_id', request.queue_id);
  put(fields, 'instance', request.instance);
  put(fields, 'sasl_username', request.sasl_username);
  fields['snapshot'] = context.snapshot;
  fields['duration_ms'] = Math.round(context.durationMs * 1000) / 1000;
  return fields;
}

function put(fields: Record<string, unknown>, name: string, text: string): void {
  if (text !== '') fields[name] = printable(text);
}

function sentence(verb: string, text: string, request: PolicyRequest): string {
  const { sender, recipient, protocol_name, helo_name, sasl_username } = request;
  const client = `${request.client_name || 'unknown'}[${request.client_address || 'unknown'}]`;
  const state = request.protocol_state || 'RCPT';
  let line = `${request.queue_id || 'NOQUEUE'}: ${verb}: ${state} from ${client}: ${text};`;
  if (sender !== '' || STATES_WITH_SENDER.has(state)) line += ` from=<${printable(sender)}>`;
  if (recipient !== '') line += ` to=<${printable(recipient)}>`;
  if (protocol_name !== '') line += ` proto=${protocol_name}`;
  if (helo_name !== '') line += ` helo=<${printable(helo_name)}>`;
  if (sasl_username !== '') line += ` sasl_username=<${printable(sasl_username)}>`;
  return printable(line, 4096);
}

function decisionVerb(decision: Decision): string {
  switch (decision.verdict) {
    case 'reject':
    case 'defer':
      return 'reject';
    case 'defer_if_permit':
    case 'defer_if_reject':
    case 'discard':
      return decision.verdict;
    case 'permit':
      return decision.effects[0]?.verb.toLowerCase() ?? 'permit';
  }
}

/** What stands between the client and the semicolon. */
function decisionText(decision: Decision): string {
  if (decision.reply !== undefined) return printable(formatReply(decision.reply), 2048);
  const effect =
    decision.verdict === 'discard'
      ? decision.effects.find(({ verb }) => verb === 'DISCARD')
      : decision.effects[0];
  if (effect !== undefined)
    return printable(effect.text === '' ? `triggers ${effect.verb} action` : effect.text);
  const { decidedBy } = decision;
  return decidedBy === undefined
    ? 'no objection'
    : `${decidedBy.step.restriction} in the ${decidedBy.list} list`;
}
