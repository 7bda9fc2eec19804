/** Replies to listed clients that cannot be expanded, or have no reply code. */
import { expand } from '../../../language/expansion.ts';
import { quote } from '../../../language/quote.ts';
import type { Span } from '../../../language/source.ts';
import { SourcedText } from '../../../language/sourced-text.ts';
import { RBL_REPLY_NAMES } from '../../../restrictions/rbl-reply.ts';
import { didYouMean } from '../../../util/did-you-mean.ts';
import { matchingOf } from '../access-table.ts';
import type { Finding, LintContext, LintRule } from '../lint-rule.ts';

/** `$$` is a dollar. */
const REFERENCE = /\$\$|\$[{(]?(\w+)/g;

/** What smtpd does with a mistake in either. */
const FATES = {
  default_rbl_reply: 'smtpd dies at each client that a list has (Postward answers 450 4.7.1)',
  rbl_reply_maps: 'the client gets default_rbl_reply instead',
} as const;

export const badRblReply: LintRule = {
  code: 'bad-rbl-reply',
  severity: 'warning',
  summary:
    'An unknown name, an open brace or no reply code in default_rbl_reply or an entry of rbl_reply_maps.',
  reason:
    'Nobody sees it until a client is listed. Then smtpd dies of a default_rbl_reply that it cannot expand, and a reply without its code becomes `450 4.7.1 Service unavailable`: the sender tries again for days.',
  example: 'default_rbl_reply = $rbl_code Service unavailable; $rbl_client is listed by $rbl_domain',
  *check(context) {
    const { parameters } = context;
    const value = parameters.value('default_rbl_reply');
    if (parameters.isSet('default_rbl_reply')) {
      yield* mistakesOf(value.text, value.span(), 'default_rbl_reply');
    }
    for (const { text: spec, span } of parameters.tokens('rbl_reply_maps'))
      yield* inTable(spec, span, context);
  },
};

function* inTable(spec: string, span: Span, context: LintContext): Generator<Finding> {
  // In a pattern table `$1` and the like are filled in before.
  if (matchingOf(spec) === 'pattern') return;
  for (const row of context.rowsOf(spec, span) ?? []) {
    yield* mistakesOf(row.value, row.valueSpan, 'rbl_reply_maps');
  }
}

function* mistakesOf(template: string, span: Span, parameter: keyof typeof FATES): Generator<Finding> {
  const unknown = template
    .matchAll(REFERENCE)
    .map(([, name]) => name)
    .find((name) => name !== undefined && !RBL_REPLY_NAMES.includes(name));
  if (unknown !== undefined) {
    const meant = didYouMean(unknown, RBL_REPLY_NAMES);
    yield {
      message: `a reply to listed clients knows no \`$${unknown}\`: ${FATES[parameter]}`,
      span,
      help:
        meant === undefined
          ? `it knows ${RBL_REPLY_NAMES.map((name) => `$${name}`).join(' ')}`
          : `did you mean \`$${meant}\`?`,
    };
    return;
  }
  let isBroken = false;
  const value = (name: string): SourcedText => SourcedText.literal(name === 'rbl_code' ? '554' : 'x');
  const { text } = expand(SourcedText.literal(template), value, () => {
    isBroken = true;
  });
  if (isBroken) {
    yield {
      message: `${quote(template)} cannot be expanded: ${FATES[parameter]}`,
      span,
      help: 'close what `${` or `$(` opens; a dollar is written `$$`',
    };
  } else if (!/^[45]\d\d ./.test(text)) {
    yield {
      message: `${quote(template)} does not begin with a reply code and a text: the client gets \`450 4.7.1 Service unavailable\` instead`,
      span,
      help: `write \`$rbl_code\`, or a code such as 550, and then the text`,
    };
  }
}
