/**
 * Neighbouring text entries of a match list, indexed: host names and domains in a
 * map, addresses and networks in intervals. The first entry that matches
 * the name or the address wins, as if the list were walked.
 */
import type { Report } from '../language/diagnostic.ts';
import { parseIpAddress } from '../net/ip-address.ts';
import { isNetworkSyntaxError, type NetworkSyntaxError, parseIpNetwork } from '../net/ip-network.ts';
import { NetworkIndexBuilder } from '../net/network-index-builder.ts';
import type { NetworkIntervals } from '../net/network-intervals.ts';
import type { ListEntry } from './match-list-entries.ts';
import { TableFailure } from './table.ts';

/** How a name stands for those below it: `b.c` does (parents), `.b.c` does (dotted), or nothing does. */
export type Subdomains = 'parents' | 'dotted' | 'none';

type TextEntry = Extract<ListEntry, { kind: 'text' }>;

const NONE = Number.POSITIVE_INFINITY;
const ADDRESS_CHARACTERS = /^[0-9a-f.:]*$/i;

/** A client's address as match lists see it: anything else never matches as one. */
export function looksLikeAddress(text: string): boolean {
  return ADDRESS_CHARACTERS.test(text);
}

export class ListRun {
  readonly #subdomains: Subdomains;
  /** The first entry with a text. */
  readonly #names = new Map<string, number>();
  readonly #matches: boolean[] = [];
  readonly #networks: NetworkIntervals;
  /** The first broken network that an address of each family comes to. */
  readonly #broken: { 4: BrokenNetwork | undefined; 6: BrokenNetwork | undefined } = {
    4: undefined,
    6: undefined,
  };

  constructor(entries: readonly TextEntry[], subdomains: Subdomains, hasNetworks: boolean, report: Report) {
    this.#subdomains = subdomains;
    const networks = new NetworkIndexBuilder();
    for (const [index, entry] of entries.entries()) {
      this.#matches.push(entry.isMatch);
      if (!this.#names.has(entry.text)) this.#names.set(entry.text, index);
      if (hasNetworks) this.#addNetwork(networks, entry, index, report);
    }
    this.#networks = networks.build();
  }

  /** `name` in lower case; '' for either means that there is none. Undefined: no entry matches. */
  find(name: string, address: string): boolean | undefined | TableFailure {
    let first = this.#findName(name);
    if (address !== '' && looksLikeAddress(address)) {
      const found = this.#networks.findText(address);
      if (found >= 0 && found < first) first = found;
      const broken = this.#broken[address.includes(':') ? 6 : 4];
      if (broken !== undefined && broken.index < first) return broken.failure;
    }
    return first === NONE ? undefined : this.#matches[first];
  }

  #findName(name: string): number {
    if (name === '') return NONE;
    let first = this.#names.get(name) ?? NONE;
    if (this.#subdomains === 'none') return first;
    const isParentMatching = this.#subdomains === 'parents';
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (!isParentMatching && dot === 0) continue;
      const parent = name.slice(isParentMatching ? dot + 1 : dot);
      const index = this.#names.get(parent);
      if (index !== undefined && index < first) first = index;
    }
    return first;
  }

  /** What Postfix takes for an address or a network: all else can only be a name. */
  #addNetwork(networks: NetworkIndexBuilder, entry: TextEntry, index: number, report: Report): void {
    const { text } = entry;
    const isSuspect = /[:/]/.test(text) && /^[0-9a-f.:[\]/]*$/.test(text);
    if (!isSuspect) {
      const address = parseIpAddress(text.replace(/^\[(.*)\]$/, '$1'));
      const network = address === undefined ? undefined : parseIpNetwork(address.toString());
      if (network !== undefined && !isNetworkSyntaxError(network)) networks.add(network, false, index);
      else if (/^[0-9.]+$/.test(text)) reportUseless(entry, report);
      return;
    }
    const network = parseIpNetwork(text);
    if (!isNetworkSyntaxError(network)) {
      networks.add(network, false, index);
      return;
    }
    this.#break(entry, index, network, report);
  }

  #break(entry: TextEntry, index: number, { error, help }: NetworkSyntaxError, report: Report): void {
    const family = entry.text.includes(':') ? 6 : 4;
    this.#broken[family] ??= { index, failure: new TableFailure(error) };
    report({
      severity: 'error',
      code: 'network-syntax',
      message: `${error}: every IPv${family} client that comes to it gets a temporary failure`,
      span: entry.span,
      help,
    });
  }
}

interface BrokenNetwork {
  readonly index: number;
  readonly failure: TableFailure;
}

function reportUseless(entry: TextEntry, report: Report): void {
  const result = parseIpNetwork(entry.text);
  report({
    severity: 'warning',
    code: 'network-never-matches',
    message: `\`${entry.text}\` is not an address: it never matches`,
    span: entry.span,
    help: isNetworkSyntaxError(result) ? result.help : undefined,
  });
}
