/**
 * What a DNSBL has been worth in the last day: how often it was asked, what it
 * said, and how often it alone said it. Kept by the hour, so that what is long
 * past does not hide a list that has gone quiet.
 */
const HOURS = 24;
const HOUR_MS = 3_600_000;

export interface WorthCounts {
  /** Decisions that asked it. */
  asked: number;
  listed: number;
  errorAnswers: number;
  failures: number;
  /** Listings that could be held against what other lists said of the same. */
  compared: number;
  /** Of these, those that no other list had. */
  alone: number;
}

interface Hour extends WorthCounts {
  /** Hours since the clock began. */
  number: number;
  /** List → listings that it had as well. */
  readonly alsoOn: Map<string, number>;
}

export interface Worth extends WorthCounts {
  /** Other lists by how many of the compared listings they had as well, the most first. */
  readonly overlaps: readonly { readonly list: string; readonly count: number }[];
}

export class ListWorth {
  readonly #hours: Hour[] = [];

  /** @param nowMs milliseconds that never go back */
  note(kind: 'listed' | 'not_listed' | 'error_answer' | 'tempfail', nowMs: number): void {
    const hour = this.#hour(nowMs);
    hour.asked += 1;
    if (kind === 'listed') hour.listed += 1;
    else if (kind === 'error_answer') hour.errorAnswers += 1;
    else if (kind === 'tempfail') hour.failures += 1;
  }

  /** @param others lists that had the same */
  noteCompared(others: readonly string[], nowMs: number): void {
    const hour = this.#hour(nowMs);
    hour.compared += 1;
    if (others.length === 0) hour.alone += 1;
    for (const list of others) hour.alsoOn.set(list, (hour.alsoOn.get(list) ?? 0) + 1);
  }

  /** Of the last 24 hours. */
  read(nowMs: number): Worth {
    this.#forget(nowMs);
    const sum = emptyCounts();
    const alsoOn = new Map<string, number>();
    for (const hour of this.#hours) {
      for (const key of Object.keys(sum) as (keyof WorthCounts)[]) sum[key] += hour[key];
      for (const [list, count] of hour.alsoOn) alsoOn.set(list, (alsoOn.get(list) ?? 0) + count);
    }
    const overlaps = Array.from(alsoOn, ([list, count]) => ({ list, count }));
    return { ...sum, overlaps: overlaps.sort((a, b) => b.count - a.count || (a.list < b.list ? -1 : 1)) };
  }

  #hour(nowMs: number): Hour {
    const number = Math.floor(nowMs / HOUR_MS);
    const last = this.#hours.at(-1);
    if (last?.number === number) return last;
    this.#forget(nowMs);
    const hour = { number, ...emptyCounts(), alsoOn: new Map<string, number>() };
    this.#hours.push(hour);
    return hour;
  }

  #forget(nowMs: number): void {
    const first = Math.floor(nowMs / HOUR_MS) - HOURS + 1;
    while (this.#hours.length > 0 && (this.#hours[0] as Hour).number < first) this.#hours.shift();
  }
}

function emptyCounts(): WorthCounts {
  return { asked: 0, listed: 0, errorAnswers: 0, failures: 0, compared: 0, alone: 0 };
}
