/** Restrictions in a list that runs before, or long after, what they look at is known. */
import type { ListName } from '../../../engine/step.ts';
import { quote } from '../../../language/quote.ts';
import type { LintRule } from '../lint-rule.ts';
import { flatItems, type RestrictionItem } from '../restriction-list.ts';

type Needed = 'helo_name' | 'sasl_username' | 'sender' | 'recipient' | 'etrn_domain';

const WORDS: Readonly<Record<Needed, string>> = {
  helo_name: 'HELO name',
  sasl_username: 'login',
  sender: 'sender',
  recipient: 'recipient',
  etrn_domain: 'ETRN domain',
};

const ENVELOPE: readonly Needed[] = ['helo_name', 'sasl_username', 'sender', 'recipient'];

/** What is known when a list runs; ETRN requests go through the client and helo lists as well. */
const KNOWN: Readonly<Record<ListName, readonly Needed[]>> = {
  client: [...ENVELOPE, 'etrn_domain'],
  helo: [...ENVELOPE, 'etrn_domain'],
  sender: ENVELOPE,
  relay: ENVELOPE,
  recipient: ENVELOPE,
  data: ['helo_name', 'sasl_username', 'sender'],
  end_of_data: ['helo_name', 'sasl_username', 'sender'],
  etrn: ['helo_name', 'sasl_username', 'etrn_domain'],
};

/** The same with smtpd_delay_reject = no. */
const KNOWN_AT_ONCE: Readonly<Partial<Record<ListName, readonly Needed[]>>> = {
  client: [],
  helo: ['helo_name'],
  sender: ['helo_name', 'sasl_username', 'sender'],
};

/** They look at the recipient only to be careful, or have a rule of their own. */
const CONTENT_WITHOUT: readonly string[] = [
  'permit_dnswl_client',
  'permit_rhswl_client',
  'reject_multi_recipient_bounce',
];

export const misplacedRestriction: LintRule = {
  code: 'misplaced-restriction',
  severity: 'warning',
  summary: 'A restriction in a list where what it looks at is not known.',
  reason: 'Postfix skips it without a word.',
  example: `smtpd_delay_reject = no
smtpd_client_restrictions = reject_unknown_sender_domain`,
  *check({ lists, classes, parameters }) {
    const isDelayed = parameters.boolean('smtpd_delay_reject');
    for (const list of lists) {
      if (list.list === undefined) continue;
      const known = (isDelayed ? undefined : KNOWN_AT_ONCE[list.list]) ?? KNOWN[list.list];
      for (const item of flatItems(list.items, classes)) {
        const missing = needs(item).find((name) => !known.includes(name));
        if (missing === undefined) continue;
        const isData = missing === 'recipient' && list.list.endsWith('data');
        const isEarly = !isDelayed && KNOWN[list.list].includes(missing);
        yield {
          message: isData
            ? `${quote(item.token.text)} in ${list.parameter} is skipped for messages with more than one recipient`
            : `${quote(item.token.text)} in ${list.parameter} is skipped: there is no ${WORDS[missing]} ${isEarly ? 'yet (smtpd_delay_reject = no)' : 'there'}`,
          span: item.token.span,
          help: isEarly
            ? `move it to ${homeOf(missing)}, or remove smtpd_delay_reject = no`
            : `move it to ${homeOf(missing)}`,
        };
      }
    }
  },
};

function needs({ restriction }: RestrictionItem): readonly Needed[] {
  if (CONTENT_WITHOUT.includes(restriction.name)) return [];
  return (Object.keys(WORDS) as Needed[]).filter((name) => restriction.reads.includes(name));
}

const HOMES: Readonly<Record<Needed, ListName>> = {
  helo_name: 'helo',
  sasl_username: 'sender',
  sender: 'sender',
  recipient: 'recipient',
  etrn_domain: 'etrn',
};

function homeOf(needed: Needed): string {
  const list = HOMES[needed];
  return `smtpd_${list}_restrictions`;
}
