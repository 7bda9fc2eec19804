/**
 * Tables made of tables: `unionmap:{type:name …}` joins what all of them have
 * with commas, `pipemap:{type:name …}` looks up in each what the one before it
 * answered. The first table says whether partial search strings are of use.
 */
import { isPromise, type PromiseOrValue } from '../util/promise-or-value.ts';
import { type LookupResult, type Table, TableFailure } from './table.ts';

export class UnionTable implements Table {
  readonly spec: string;
  readonly isPattern: boolean;
  readonly #tables: readonly Table[];

  constructor(spec: string, tables: readonly Table[]) {
    this.spec = spec;
    this.isPattern = tables[0]?.isPattern ?? false;
    this.#tables = tables;
  }

  lookup(key: string): PromiseOrValue<LookupResult> {
    return this.#from(0, key, '');
  }

  #from(start: number, key: string, joined: string): PromiseOrValue<LookupResult> {
    let sum = joined;
    for (let at = start; at < this.#tables.length; at++) {
      const answer = this.#tables[at]?.lookup(key);
      if (isPromise(answer)) {
        const before = sum;
        return answer.then((result) =>
          result instanceof TableFailure ? result : this.#from(at + 1, key, join(before, result)),
        );
      }
      if (answer instanceof TableFailure) return answer;
      sum = join(sum, answer);
    }
    return sum === '' ? undefined : sum;
  }
}

function join(sum: string, result: string | undefined): string {
  if (result === undefined) return sum;
  return sum === '' ? result : `${sum},${result}`;
}

export class PipeTable implements Table {
  readonly spec: string;
  readonly isPattern: boolean;
  readonly #tables: readonly Table[];

  constructor(spec: string, tables: readonly Table[]) {
    this.spec = spec;
    this.isPattern = tables[0]?.isPattern ?? false;
    this.#tables = tables;
  }

  lookup(key: string): PromiseOrValue<LookupResult> {
    return this.#from(0, key);
  }

  #from(start: number, key: string): PromiseOrValue<LookupResult> {
    let query = key;
    for (let at = start; at < this.#tables.length; at++) {
      const answer = this.#tables[at]?.lookup(query);
      if (isPromise(answer)) {
        return answer.then((result) => (typeof result === 'string' ? this.#from(at + 1, result) : result));
      }
      if (typeof answer !== 'string') return answer;
      query = answer;
    }
    return query;
  }
}
