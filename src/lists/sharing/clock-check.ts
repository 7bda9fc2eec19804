/**
 * Holds the clock of this server, and the newest stamp in its store, against
 * the clock of Redis, which all servers see.
 *
 * Other servers take no edit that is stamped more than a day ahead. Where two
 * of the three clocks say that it is the stamps that are ahead, they are made
 * anew; where the clock of this server is wrong, a person has to set it.
 */
import { MAX_AHEAD_MS, stampTime } from '../../store/stamp.ts';
import { StoreFailure } from '../../store/store-failure.ts';
import type { SharedLists } from './shared-lists.ts';
import type { SharingEvents } from './sharing-events.ts';

export interface ClockCheckParts {
  readonly lists: SharedLists;
  readonly events: SharingEvents;
  readonly now: () => number;
}

const HOUR_MS = 3_600_000;

export class ClockCheck {
  readonly #parts: ClockCheckParts;
  #trouble = '';

  constructor(parts: ClockCheckParts) {
    this.#parts = parts;
  }

  /** What is wrong with the clock of this server, and what to do; '' for nothing. */
  get trouble(): string {
    return this.#trouble;
  }

  /**
   * @param redisMs what Redis's clock says, in milliseconds since 1970
   * @returns true when edits were stamped anew, which have to be sent
   */
  async check(redisMs: number): Promise<boolean | StoreFailure> {
    const { lists, events, now } = this.#parts;
    const nowMs = now();
    const aheadMs = nowMs - redisMs;
    if (Math.abs(aheadMs) > MAX_AHEAD_MS) {
      const hours = Math.round(Math.abs(aheadMs) / HOUR_MS);
      this.#trouble = `the clock here is ${hours} hours ${aheadMs > 0 ? 'ahead of' : 'behind'} that of Redis; set the one that is wrong, or servers will not take each other's edits`;
      return false;
    }
    this.#trouble = '';
    const newest = await lists.newestStamp();
    if (newest instanceof StoreFailure) return newest;
    const stampsAheadMs = stampTime(newest) - nowMs;
    if (stampsAheadMs <= MAX_AHEAD_MS) return false;
    const registers = await lists.restamp();
    if (registers instanceof StoreFailure) return registers;
    events.clock_set_back({ hours: Math.round(stampsAheadMs / HOUR_MS), registers });
    return true;
  }
}
