/** Restrictions on the client's TLS certificate, as far as policy attributes tell (TLS_README). */
import { findInMaps } from '../access/address-map.ts';
import { findFirst, wholeKey } from '../access/lookup-order.ts';
import type { Evaluation } from '../engine/evaluation.ts';
import { CONFIGURATION_ERROR, DUNNO, type Outcome, PERMIT, type Subject } from '../engine/outcome.ts';
import type { Step } from '../engine/step.ts';
import { insideBraces, splitWords } from '../tables/braced-words.ts';
import { TableFailure } from '../tables/table.ts';
import { firstFound } from '../util/first-found.ts';
import { andThen } from '../util/promise-or-value.ts';
import { application, listener } from './access.ts';
import { mapsFailed, openMaps } from './address-maps.ts';
import type { CompileContext, CompiledCheck, Restriction, RestrictionUse } from './restriction.ts';

type Fingerprint = 'ccert_fingerprint' | 'ccert_pubkey_fingerprint';

/** The values of `search_order` in `check_ccert_access { type:name, { search_order = … } }`. */
const SEARCH_ORDER: Readonly<Record<string, Fingerprint>> = {
  cert_fingerprint: 'ccert_fingerprint',
  pubkey_fingerprint: 'ccert_pubkey_fingerprint',
};

const DEFAULT_ORDER: readonly Fingerprint[] = ['ccert_fingerprint', 'ccert_pubkey_fingerprint'];

export const TLS: readonly Restriction[] = [
  {
    name: 'check_ccert_access',
    aliases: [],
    argument: 'table',
    summary: 'Look up the fingerprints of the client certificate and of its public key.',
    reads: ['ccert_fingerprint', 'ccert_pubkey_fingerprint', 'ccert_subject'],
    yields: ['dunno', 'permit', 'reject', 'defer_if_permit', 'defer_if_reject', 'effect', 'evaluate'],
    io: ['table'],
    support: { level: 'works' },
    compile: compileCertificateAccess,
  },
  {
    name: 'permit_tls_clientcerts',
    aliases: [],
    argument: 'none',
    summary: 'Permit when relay_clientcerts has a fingerprint of the client certificate.',
    reads: ['ccert_fingerprint', 'ccert_pubkey_fingerprint'],
    yields: ['dunno', 'permit', 'reject'],
    io: ['table'],
    support: { level: 'works' },
    compile: (_use, context) => permitCertificates(context, false),
  },
  {
    name: 'permit_tls_all_clientcerts',
    aliases: [],
    argument: 'none',
    summary: 'Permit any client certificate that Postfix trusts, or that relay_clientcerts has.',
    reads: ['ccert_subject', 'ccert_issuer', 'ccert_fingerprint', 'ccert_pubkey_fingerprint'],
    yields: ['dunno', 'permit', 'reject'],
    io: ['table'],
    support: { level: 'works' },
    compile: (_use, context) => permitCertificates(context, true),
  },
];

function permitCertificates(context: CompileContext, permitsTrusted: boolean): CompiledCheck {
  const maps = openMaps(context, 'relay_clientcerts');
  return {
    check: (e) => {
      const { request } = e;
      // Postfix sends subject and issuer only for a certificate that it trusts.
      if (permitsTrusted && (request.ccert_subject !== '' || request.ccert_issuer !== '')) return PERMIT;
      const found = firstFound(fingerprints(e, DEFAULT_ORDER), (print) =>
        findInMaps(maps, wholeKey(print), (table) => listener(e, table)),
      );
      return andThen(found, (hit): Outcome => {
        if (!(hit instanceof TableFailure)) return hit === undefined ? DUNNO : PERMIT;
        e.warn('table_failure', `relay_clientcerts: ${hit.reason}`);
        return mapsFailed(hit, e.subject.name);
      });
    },
  };
}

/** One step a fingerprint: what is undecided by the first one, effect or not, is left to the second. */
function compileCertificateAccess(use: RestrictionUse, context: CompileContext): CompiledCheck {
  const search = parseArgument(use.argument);
  if (search === undefined) {
    reportArgument(use, context);
    return { check: () => CONFIGURATION_ERROR };
  }
  const { spec, order } = search;
  const table = context.table(spec, use.span);
  const apply = application(context);
  const steps = order.map(
    (name): Step => ({
      restriction: use.restriction.name,
      text: `${use.text} (${name})`,
      span: use.span,
      check: (e) => {
        const print = e.request[name];
        if (print === '') return DUNNO;
        const subject: Subject = {
          name: decodeXtext(e.request.ccert_subject),
          replyClass: 'Client certificate',
        };
        return apply(e, table, findFirst(table, wholeKey(print), listener(e, table)), subject, 'permit');
      },
    }),
  );
  const outcome: Outcome = { kind: 'evaluate', program: { steps }, subject: undefined, ifPermit: 'permit' };
  return { check: () => outcome, nested: { steps } };
}

function fingerprints({ request }: Evaluation, order: readonly Fingerprint[]): readonly string[] {
  return order.map((name) => request[name]).filter((print) => print !== '');
}

interface CertificateSearch {
  readonly spec: string;
  readonly order: readonly Fingerprint[];
}

/** `type:name`, or `{ type:name, { search_order = cert_fingerprint, pubkey_fingerprint } }` (Postfix 3.5); undefined: neither. */
function parseArgument(argument: string): CertificateSearch | undefined {
  if (!argument.startsWith('{')) return { spec: argument, order: DEFAULT_ORDER };
  const [spec, ...options] = splitWords(insideBraces(argument) ?? '');
  if (spec?.includes(':') !== true) return undefined;
  const orders = options.map(parseOption);
  return orders.includes(undefined) ? undefined : { spec, order: orders.at(-1) ?? DEFAULT_ORDER };
}

/** `search_order=cert_fingerprint`, with braces around it where there are blanks. */
function parseOption(option: string): readonly Fingerprint[] | undefined {
  const text = option.startsWith('{') ? insideBraces(option) : option;
  const [, value] = /^\s*search_order\s*=(.*)$/is.exec(text ?? '') ?? [];
  if (value === undefined) return undefined;
  const order = splitWords(value).map((word) => SEARCH_ORDER[word.toLowerCase()]);
  return order.every((print) => print !== undefined) ? order : undefined;
}

function reportArgument({ argument, span }: RestrictionUse, { report }: CompileContext): void {
  report({
    severity: 'error',
    code: 'bad-argument',
    message: `check_ccert_access has a bad argument: \`${argument}\``,
    span,
    help: 'write `{ type:name, { search_order = cert_fingerprint, pubkey_fingerprint } }`',
  });
}

/** RFC 3461 §4: `+XX` is a hexadecimal octet. Postfix sends names in certificates so. */
function decodeXtext(text: string): string {
  return text.replace(/\+([0-9A-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
