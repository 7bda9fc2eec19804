/** Entries that an earlier entry always keeps from matching. */
import { quote } from '../../../language/quote.ts';
import { formatSpan } from '../../../language/source.ts';
import { type IpNetwork, isNetworkSyntaxError, parseIpNetwork, wordMask } from '../../../net/ip-network.ts';
import type { AccessRow } from '../access-table.ts';
import type { LintRule } from '../lint-rule.ts';

export const shadowedRow: LintRule = {
  code: 'shadowed-row',
  severity: 'warning',
  summary: 'A network or pattern that an earlier line of the table covers.',
  reason: 'In cidr, regexp and pcre tables the first match decides: the later line does nothing.',
  example: 'smtpd_client_restrictions = check_client_access cidr:$config_directory/access',
  exampleTable: '192.0.2.0/24 REJECT\n192.0.2.7 OK\n',
  *check({ accessTables }) {
    for (const { matching, rows } of accessTables) {
      if (matching !== 'cidr' && matching !== 'pattern') continue;
      const seen = matching === 'cidr' ? new SeenNetworks() : new SeenPatterns();
      for (const row of rows) {
        if (row.isConditional) continue;
        const first = seen.coverOf(row);
        if (first === undefined) continue;
        yield {
          message: `${quote(row.key)} never matches: ${quote(first.key)} at ${formatSpan(first.keySpan)} covers it`,
          span: row.keySpan,
          help: 'move it before that line, or remove it',
        };
      }
    }
  },
};

class SeenPatterns {
  readonly #rows = new Map<string, AccessRow>();

  /** The earlier row that takes all that this one could match; else the row is remembered. */
  coverOf(row: AccessRow): AccessRow | undefined {
    const first = this.#rows.get(row.key);
    if (first === undefined) this.#rows.set(row.key, row);
    return first;
  }
}

/** One question a prefix length, however many networks. Negated networks neither cover nor are covered. */
class SeenNetworks {
  readonly #rows = new Map<string, AccessRow>();
  readonly #lengths = new Set<number>();

  coverOf(row: AccessRow): AccessRow | undefined {
    const network = parseIpNetwork(row.key);
    if (isNetworkSyntaxError(network)) return undefined;
    for (const length of this.#lengths) {
      const first = length <= network.prefixLength ? this.#rows.get(keyOf(network, length)) : undefined;
      if (first !== undefined) return first;
    }
    this.#lengths.add(network.prefixLength);
    this.#rows.set(keyOf(network, network.prefixLength), row);
    return undefined;
  }
}

function keyOf({ family, words }: IpNetwork, length: number): string {
  const prefix = Array.from(words, (word, at) => (word & wordMask(length - 32 * at)) >>> 0);
  return `${family} ${prefix.join(' ')} ${length}`;
}
