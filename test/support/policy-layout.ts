/**
 * The main.cf lines that delegate a case's restriction lists to a policy
 * server, in the two layouts that Postward knows.
 */
import { parametersSet } from './private-postfix.ts';

/** policy_context → the list it stands for. */
const LISTS: Readonly<Record<string, string>> = {
  client: 'smtpd_client_restrictions',
  helo: 'smtpd_helo_restrictions',
  sender: 'smtpd_sender_restrictions',
  relay: 'smtpd_relay_restrictions',
  recipient: 'smtpd_recipient_restrictions',
  data: 'smtpd_data_restrictions',
  end_of_data: 'smtpd_end_of_data_restrictions',
  etrn: 'smtpd_etrn_restrictions',
};

/** Lists that no RCPT sees, so that a query in the recipient list cannot stand for them. */
const LATER = ['data', 'end_of_data', 'etrn'];

/**
 * Postfix refuses to run when nothing in these lists can reject; the reject behind a certain permit is that something,
 * and changes nothing.
 */
const RELAY_GUARD = 'check_client_access static:OK, reject';

/** With smtpd_delay_reject = no the client is checked before XCLIENT can say who it is. */
export const LET_THROUGH = 'check_client_access inline:{127.0.0.1=OK}';

export type Layout = 'single' | 'per list';

/** Parameters to lay over `mainCf`, whose lists `server` (`127.0.0.1:10040`) shall decide. */
export function delegated(layout: Layout, mainCf: string, server: string): Record<string, string> {
  const set = parametersSet(mainCf);
  const parameters: Record<string, string> = {};
  // Else smtpd checks senders by itself before it asks, and what comes before the sender list is too late.
  if (layout === 'single') parameters['smtpd_reject_unlisted_sender'] = 'no';
  // smtpd compares sizes before it asks: the policy's limit shows where smtpd has none.
  if (set.includes('message_size_limit')) parameters['message_size_limit'] = '0';
  const isDelayed = !/^smtpd_delay_reject\s*=\s*no\b/m.test(mainCf);
  for (const [context, parameter] of Object.entries(LISTS)) {
    // ETRN runs the client and helo lists, too.
    const isUsed =
      set.includes(parameter) || context === 'recipient' || (layout === 'single' && context === 'etrn');
    const isAsked = isUsed && (layout === 'per list' || context === 'recipient' || LATER.includes(context));
    const option = layout === 'per list' ? `, policy_context=${context}` : '';
    parameters[parameter] = isAsked ? `check_policy_service { inet:${server}, timeout=30s${option} }` : '';
  }
  if (!isDelayed) {
    parameters['smtpd_client_restrictions'] = `${LET_THROUGH}, ${parameters['smtpd_client_restrictions']}`;
  }
  parameters['smtpd_recipient_restrictions'] += `, ${RELAY_GUARD}`;
  return parameters;
}
