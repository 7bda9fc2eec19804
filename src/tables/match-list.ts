/**
 * Postfix match lists: mynetworks and its like by name and address (namadr_list),
 * mydestination, relay_domains and their like by domain (domain_list).
 *
 * The first entry that matches decides, `!` turns it into a no, and the end is a
 * no. A table that cannot answer, or an entry that Postfix cannot read, is a
 * failure for every request that comes to it. Included files are read again when
 * they change.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { BoundedReport } from './bounded-report.ts';
import type { FileStamp } from './file-watcher.ts';
import { foldCase } from './fold-case.ts';
import { ListRun, looksLikeAddress, type Subdomains } from './list-run.ts';
import { expandList, type ListContext, type ListEntry, type ListToken } from './match-list-entries.ts';
import { type LookupResult, type Table, TableFailure } from './table.ts';

export type MatchResult = boolean | TableFailure;

/** A list of hosts and networks. */
export interface NetworkList {
  /** `name` and `address` as Postfix sends them; a name `unknown` is compared like any other. */
  matches(name: string, address: string): PromiseOrValue<MatchResult>;
}

/** A list of domains. */
export interface DomainList {
  matches(domain: string): PromiseOrValue<MatchResult>;
}

/** A list that is done with before the tables of its policy are. */
export interface ClosableList extends DomainList {
  /** Ends the watching of its files. */
  close(): void;
}

export function compileNetworkList(tokens: readonly ListToken[], context: ListContext): NetworkList {
  const list = new MatchList(tokens, context, context.isParentMatching ? 'parents' : 'dotted', true);
  return { matches: (name, address) => list.find(name, address) };
}

export function compileDomainList(tokens: readonly ListToken[], context: ListContext): DomainList {
  const list = new MatchList(tokens, context, context.isParentMatching ? 'parents' : 'dotted', false);
  return { matches: (domain) => list.find(domain, '') };
}

/** A list of domains, or other texts, that are compared whole: mydestination, virtual_alias_domains. */
export function compileStringList(tokens: readonly ListToken[], context: ListContext): ClosableList {
  const list = new MatchList(tokens, context, 'none', false);
  return { matches: (text) => list.find(text, ''), close: () => list.close() };
}

type Segment = { readonly kind: 'run'; readonly run: ListRun } | Exclude<ListEntry, { kind: 'text' }>;

class MatchList {
  readonly #tokens: readonly ListToken[];
  readonly #context: ListContext;
  readonly #subdomains: Subdomains;
  readonly #hasNetworks: boolean;
  #segments: readonly Segment[] = [];
  #isSound = false;
  #unwatch: (() => void)[] = [];

  constructor(
    tokens: readonly ListToken[],
    context: ListContext,
    subdomains: Subdomains,
    hasNetworks: boolean,
  ) {
    this.#tokens = tokens;
    this.#context = context;
    this.#subdomains = subdomains;
    this.#hasNetworks = hasNetworks;
    const report = new BoundedReport(context.parameter);
    const { segments, files } = this.#compile(report);
    this.#segments = segments;
    this.#isSound = !report.hasErrors;
    for (const diagnostic of report.finish()) context.report(diagnostic);
    this.#watch(files);
  }

  close(): void {
    for (const stop of this.#unwatch) stop();
    this.#unwatch = [];
  }

  find(name: string, address: string): PromiseOrValue<MatchResult> {
    return this.#findFrom(this.#segments, 0, foldCase(name), foldCase(address));
  }

  #findFrom(
    segments: readonly Segment[],
    start: number,
    name: string,
    address: string,
  ): PromiseOrValue<MatchResult> {
    for (let at = start; at < segments.length; at++) {
      const segment = segments[at];
      if (segment === undefined) continue;
      if (segment.kind === 'failure') return segment.failure;
      if (segment.kind === 'run') {
        const found = segment.run.find(name, address);
        if (found !== undefined) return found;
        continue;
      }
      const { isMatch } = segment;
      const found = this.#findInTable(segment.table, name, address);
      if (isPromise(found)) {
        return found.then((result) => {
          if (result instanceof TableFailure) return result;
          return result === undefined ? this.#findFrom(segments, at + 1, name, address) : isMatch;
        });
      }
      if (found instanceof TableFailure) return found;
      if (found !== undefined) return isMatch;
    }
    return false;
  }

  /** The name and its parents, then the address, which has no partial forms here. */
  #findInTable(table: Table, name: string, address: string): PromiseOrValue<LookupResult> {
    // The empty string is looked up like any other where texts are compared whole.
    const keys = name === '' && this.#subdomains !== 'none' ? [] : [name];
    const isParentMatching = this.#subdomains === 'parents';
    const hasPartial = this.#subdomains !== 'none' && !table.isPattern;
    for (let dot = name.indexOf('.', 1); hasPartial && dot >= 0; dot = name.indexOf('.', dot + 1)) {
      if (isParentMatching && dot === name.length - 1) break;
      keys.push(name.slice(isParentMatching ? dot + 1 : dot));
      if (isParentMatching) dot++;
    }
    if (address !== '' && looksLikeAddress(address)) keys.push(address);
    return lookupFirst(table, keys, 0);
  }

  #compile(report: BoundedReport): { segments: Segment[]; files: ReadonlyMap<string, FileStamp> } {
    const { entries, files } = expandList(this.#tokens, { ...this.#context, report: report.add });
    const segments: Segment[] = [];
    for (let at = 0; at < entries.length; ) {
      const entry = entries[at];
      if (entry !== undefined && entry.kind !== 'text') {
        segments.push(entry);
        at++;
        continue;
      }
      const texts: Extract<ListEntry, { kind: 'text' }>[] = [];
      for (; at < entries.length; at++) {
        const next = entries[at];
        if (next?.kind !== 'text') break;
        texts.push(next);
      }
      const run = new ListRun(texts, this.#subdomains, this.#hasNetworks, report.add);
      segments.push({ kind: 'run', run });
    }
    return { segments, files };
  }

  #watch(files: ReadonlyMap<string, FileStamp>): void {
    this.close();
    const { watcher } = this.#context.tables;
    this.#unwatch = [...files].map(([file, stamp]) => watcher.watch(file, stamp, () => this.#reload(file)));
  }

  #reload(file: string): void {
    const report = new BoundedReport(this.#context.parameter);
    const { segments, files } = this.#compile(report);
    const isInForce = !report.hasErrors || !this.#isSound;
    if (isInForce) {
      this.#segments = segments;
      this.#isSound = !report.hasErrors;
    }
    this.#watch(files);
    const spec = this.#context.parameter;
    this.#context.tables.onReload({ spec, file, isInForce, diagnostics: report.finish() });
  }
}

function lookupFirst(table: Table, keys: readonly string[], start: number): PromiseOrValue<LookupResult> {
  for (let at = start; at < keys.length; at++) {
    const answer = table.lookup(keys[at] ?? '');
    if (isPromise(answer)) {
      return answer.then((result) => (result === undefined ? lookupFirst(table, keys, at + 1) : result));
    }
    if (answer !== undefined) return answer;
  }
  return undefined;
}
