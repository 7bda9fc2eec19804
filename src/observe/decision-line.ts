/**
 * A decision as a log line: the sentence Postfix would have logged (so that
 * grep, fail2ban and pflogsumm go on working) and the same facts as fields.
 * See log_whatsup in smtpd(8)'s log format: `QUEUEID: ACTION: STATE from
 * NAME[ADDRESS]: TEXT; from=<> to=<> proto= helo=<>`.
 *
 * What comes from the policy, its tables and the DNS is masked, before it is
 * cut; what the client sent holds no key of ours.
 */
import type { ZoneMask } from '../dns/zone-mask.ts';
import type { Decision, Warning } from '../engine/decision.ts';
import { formatReply } from '../engine/outcome.ts';
import { formatSpan } from '../language/source.ts';
import type { PolicyRequest } from '../protocol/request.ts';
import { cut, printable } from './printable.ts';

/** States in which smtpd knows a sender, so that an empty one is the null sender. */
const STATES_WITH_SENDER = new Set(['MAIL', 'RCPT', 'DATA', 'END-OF-MESSAGE']);

/** Of a reply's text; 3.7.11 sends as much as a table has. */
const MAX_TEXT = 2048;
const MAX_LINE = 6144;

export interface DecisionContext {
  readonly policy: string;
  readonly snapshot: number;
  readonly durationMs: number;
  /** When it was decided, milliseconds since 1970. Default: now. */
  readonly atMs?: number;
}

/** The sentence: `NOQUEUE: reject: RCPT from mail.example[192.0.2.1]: 554 5.7.1 <…>: …; from=<a@b> to=<c@d> …`. */
function decisionMessage(decision: Decision, request: PolicyRequest, mask: ZoneMask): string {
  return sentence(decisionVerb(decision), mask.text(decisionText(decision)), request);
}

/** The sentence for a restriction that warn_if_reject softened. */
export function warningMessage(warning: Warning, request: PolicyRequest, mask: ZoneMask): string {
  const text = warning.reply === undefined ? warning.message : formatReply(warning.reply);
  return sentence('reject_warning', mask.text(text), request);
}

/**
 * A decision as a whole log record, in pino's form. Always of one shape, with
 * `undefined` for what there is not, which JSON leaves out.
 */
export function decisionRecord(
  decision: Decision,
  request: PolicyRequest,
  context: DecisionContext,
  mask: ZoneMask,
): Readonly<Record<string, unknown>> {
  const shown = (text: string): string => printable(mask.text(text));
  const { decidedBy, reply, effects, warnings } = decision;
  const entry = decidedBy?.entry;
  const span = decidedBy?.step.span;
  return {
    level: 'info',
    time: new Date(context.atMs ?? Date.now()).toISOString(),
    event: 'decision',
    policy: context.policy,
    verdict: decision.verdict,
    list: decidedBy?.list,
    restriction: decidedBy?.step.restriction,
    step: decidedBy && shown(decidedBy.step.text),
    place: span && formatSpan(span),
    table: entry && shown(entry.table),
    table_key: entry && printable(entry.key),
    table_value: entry?.value === undefined ? undefined : shown(entry.value),
    table_failure: entry && given(mask.text(entry.failure)),
    code: reply?.code,
    dsn: reply?.dsn,
    reply: reply && shown(reply.text),
    fault: decision.isFault ? true : undefined,
    effects: effects.length === 0 ? undefined : effects.map(({ verb, text }) => shown(`${verb} ${text}`)),
    dnsbl_score: decision.dnsblScore?.score,
    dnsbl_sites: decision.dnsblScore?.sites.length ? decision.dnsblScore.sites.map(shown) : undefined,
    warnings: warnings.length === 0 ? undefined : warnings.map((warning) => shown(warningText(warning))),
    protocol_state: given(request.protocol_state),
    client_address: given(request.client_address),
    client_name: given(request.client_name),
    helo_name: given(request.helo_name),
    sender: printable(request.sender),
    recipient: given(request.recipient),
    queue_id: given(request.queue_id),
    instance: given(request.instance),
    sasl_username: given(request.sasl_username),
    snapshot: context.snapshot,
    duration_ms: Math.round(context.durationMs * 1000) / 1000,
    msg: decisionMessage(decision, request, mask),
  };
}

function given(text: string): string | undefined {
  return text === '' ? undefined : printable(text);
}

function warningText({ code, step, message }: Warning): string {
  return `${code}: ${step.restriction}: ${message}`;
}

/** Every value is cut to its bound; the whole is made printable once. */
function sentence(verb: string, text: string, request: PolicyRequest): string {
  const { sender, recipient, protocol_name, helo_name, sasl_username } = request;
  const client = `${cut(request.client_name) || 'unknown'}[${cut(request.client_address) || 'unknown'}]`;
  const state = request.protocol_state || 'RCPT';
  let line = `${request.queue_id || 'NOQUEUE'}: ${verb}: ${state} from ${client}: ${cut(text, MAX_TEXT)};`;
  if (sender !== '' || STATES_WITH_SENDER.has(state)) line += ` from=<${cut(sender)}>`;
  if (recipient !== '') line += ` to=<${cut(recipient)}>`;
  if (protocol_name !== '') line += ` proto=${cut(protocol_name)}`;
  if (helo_name !== '') line += ` helo=<${cut(helo_name)}>`;
  if (sasl_username !== '') line += ` sasl_username=<${cut(sasl_username)}>`;
  return printable(line, MAX_LINE);
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
  if (decision.reply !== undefined) return formatReply(decision.reply);
  const effect =
    decision.verdict === 'discard'
      ? decision.effects.find(({ verb }) => verb === 'DISCARD')
      : decision.effects[0];
  if (effect !== undefined) return effect.text === '' ? `triggers ${effect.verb} action` : effect.text;
  const { decidedBy } = decision;
  return decidedBy === undefined
    ? 'no objection'
    : `${decidedBy.step.restriction} in the ${decidedBy.list} list`;
}
