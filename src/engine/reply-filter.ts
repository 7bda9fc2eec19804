/**
 * smtpd_dns_reply_filter (postconf(5), smtp_dns_reply_filter): drops records
 * of DNS answers before restrictions see them. Each record is looked up in the
 * tables as `name. ttl IN type [preference] data`; `IGNORE` drops it.
 *
 * As smtpd 3.7.11 does: an answer of which nothing is left is a failure of its
 * own, a filter that cannot say what to do makes a temporary one, and a null
 * MX is not filtered. What getaddrinfo(3) looks up for smtpd never comes here.
 * Unlike there the name is the one that was asked for, also behind an alias.
 */
import { tempfail } from '../dns/answer.ts';
import { queryName } from '../dns/query-name.ts';
import { type DnsAnswer, type DnsRecord, type DnsType, isNullMx } from '../dns/resolver.ts';
import { failureReason, type LookupResult, type Table, TableFailure } from '../tables/table.ts';
import { andThen, type PromiseOrValue } from '../util/promise-or-value.ts';

/** The reason of an answer of which nothing is left. */
export const ALL_DROPPED = 'DNS reply filter drops all results';
const BROKEN_FILTER = 'the DNS reply filter failed';

/** Told of what is dropped, and of what is wrong with the filter. */
export interface FilterReport {
  dropped(record: string): void;
  wrong(code: 'table_failure' | 'right_hand_side', message: string): void;
}

export class ReplyFilter {
  readonly #tables: readonly Table[];
  /** Answers of which some is left, so that what is the same stays the same: its health goes by that. */
  readonly #filtered = new WeakMap<DnsAnswer, DnsAnswer>();

  /** @param tables searched in their order */
  constructor(tables: readonly Table[]) {
    this.#tables = tables;
  }

  /** What is left of an answer; the answer itself when that is all. */
  apply(name: string, type: DnsType, answer: DnsAnswer, report: FilterReport): PromiseOrValue<DnsAnswer> {
    const { status, records } = answer;
    if (status !== 'found' || (type === 'MX' && isNullMx(answer))) return answer;
    return andThen(this.#kept(name, type, answer, 0, [], report), (kept) => {
      if (kept === undefined) return tempfail(BROKEN_FILTER);
      if (kept.length === 0) return tempfail(ALL_DROPPED);
      return kept.length === records.length ? answer : this.#same(answer, kept);
    });
  }

  #same(answer: DnsAnswer, kept: readonly DnsRecord[]): DnsAnswer {
    const before = this.#filtered.get(answer);
    if (before?.records.length === kept.length && before.records.every((one, at) => one === kept[at])) {
      return before;
    }
    const filtered = { ...answer, records: kept };
    this.#filtered.set(answer, filtered);
    return filtered;
  }

  /** The records from `index` on that stay, behind those before them; undefined: the filter has failed. */
  #kept(
    name: string,
    type: DnsType,
    answer: DnsAnswer,
    index: number,
    before: readonly DnsRecord[],
    report: FilterReport,
  ): PromiseOrValue<readonly DnsRecord[] | undefined> {
    const record = answer.records[index];
    if (record === undefined) return before;
    const key = recordText(name, type, answer.ttlSeconds, record);
    return andThen(lookUp(this.#tables, key, 0), (result) => {
      const isDropped = verdict(result, report);
      if (isDropped === undefined) return undefined;
      if (isDropped) report.dropped(key);
      return this.#kept(name, type, answer, index + 1, isDropped ? before : [...before, record], report);
    });
  }
}

function lookUp(tables: readonly Table[], key: string, index: number): PromiseOrValue<Found | undefined> {
  const table = tables[index];
  if (table === undefined) return undefined;
  return andThen(table.lookup(key), (result) =>
    result === undefined ? lookUp(tables, key, index + 1) : { table, result },
  );
}

interface Found {
  readonly table: Table;
  readonly result: Exclude<LookupResult, undefined>;
}

/** Is it dropped? undefined: nobody knows. */
function verdict(found: Found | undefined, report: FilterReport): boolean | undefined {
  if (found === undefined) return false;
  const { table, result } = found;
  if (result instanceof TableFailure) {
    report.wrong(
      'table_failure',
      `smtpd_dns_reply_filter: ${table.spec}: ${failureReason(table.spec, result)}`,
    );
    return undefined;
  }
  // What follows the action is a remark.
  if (/^ignore(?=\s|$)/i.test(result)) return true;
  report.wrong(
    'right_hand_side',
    `smtpd_dns_reply_filter: ${table.spec}: unknown DNS filter action: \`${result}\``,
  );
  return undefined;
}

function recordText(name: string, type: DnsType, ttl: number, record: DnsRecord): string {
  const owner = `${queryName(name) ?? name}.`;
  const preference = type === 'MX' ? ` ${record.preference}` : '';
  return `${owner} ${ttl} IN ${type}${preference} ${dataText(type, record)}`;
}

function dataText(type: DnsType, { data, firstString }: DnsRecord): string {
  if (type === 'A' || type === 'AAAA') return data;
  // A blank for each octet that is not printable, as in what smtpd keeps of it.
  if (type === 'TXT') {
    return (firstString ?? data).replace(/[^\x20-\x7e]/gu, (one) => ' '.repeat(Buffer.byteLength(one)));
  }
  return `${data}.`;
}
