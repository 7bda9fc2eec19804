/** What a row of the tables of parameters says: parameters.ts, dnsbl-parameters.ts. */

export type ParameterKind =
  /** A restriction list. */
  | 'restrictions'
  /** An SMTP reply code, 400 to 599. */
  | 'code'
  | 'integer'
  /** A number with a unit: s, m, h, d or w; seconds without. */
  | 'time'
  /** yes or no */
  | 'boolean'
  | 'text'
  /** Text that is expanded when it is used, with names of its own. */
  | 'template'
  /** Words separated by white space or commas. */
  | 'words'
  /** A match list of networks: addresses, `/file`, `type:table`, `!`. */
  | 'networks'
  /** A match list of domains, which may stand for their subdomains. */
  | 'domains'
  /** A match list whose entries are compared whole. */
  | 'strings'
  /** Lookup tables, searched in order. */
  | 'tables'
  /** Lookup tables that newaliases(1) makes; of use to other parameters only. */
  | 'aliases'
  /** `defer_if_permit` or `defer` */
  | 'tempfail_action'
  /** `ignored` or `listed` */
  | 'error_answers'
  /** `all`, or `ipv4`, `ipv6` or both */
  | 'protocols'
  /** `enforce`, `report` or `off` */
  | 'health_mode'
  /** A whole number, negative too. */
  | 'score';

export interface ParameterRow {
  readonly name: string;
  readonly kind: ParameterKind;
  /** In main.cf syntax; undefined: depends on this host (defaults.ts). */
  readonly default: string | undefined;
  readonly summary: string;
  /** True for a parameter of ours that Postfix does not have. */
  readonly isOurs?: boolean;
}

/** A parameter that Postfix has. */
export const row = (
  name: string,
  kind: ParameterKind,
  value: string | undefined,
  summary: string,
): ParameterRow => ({
  name,
  kind,
  default: value,
  summary,
});
