/**
 * How many entries and lists there may be, of all lists together. What is under
 * way to the store counts as being there, so that two transactions at a time do
 * not both take the last place.
 */
import type { StoreEdit } from '../store/list-edits.ts';
import type { MergeRoom } from '../store/list-merge.ts';
import { MAX_ACTIONS } from './action-pool.ts';
import type { Edit, EditProblem } from './edit.ts';
import type { ListMemory } from './list-memory.ts';

/** Each may have an action of its own, and while one takes another's place both are there. */
export const MAX_ENTRIES = MAX_ACTIONS - 1;
const MAX_LISTS = 1000;

export interface RoomOptions {
  /** Entries of all lists together. Default 2,097,151, which is also the most. */
  readonly maxEntries?: number | undefined;
  /** Default 1000. */
  readonly maxLists?: number | undefined;
}

export class ListRoom {
  readonly #memory: ListMemory;
  readonly #max: MergeRoom;
  readonly #underWay = { entries: 0, lists: 0 };

  constructor(memory: ListMemory, { maxEntries = MAX_ENTRIES, maxLists = MAX_LISTS }: RoomOptions) {
    this.#memory = memory;
    this.#max = { entries: Math.min(maxEntries, MAX_ENTRIES), lists: maxLists };
  }

  get left(): MergeRoom {
    return {
      entries: Math.max(0, this.#max.entries - this.#memory.entries - this.#underWay.entries),
      lists: Math.max(0, this.#max.lists - this.#memory.count - this.#underWay.lists),
    };
  }

  /** @returns how to give it back: when what was under way is in memory, or is not to be */
  take({ entries, lists }: MergeRoom): () => void {
    this.#underWay.entries += entries;
    this.#underWay.lists += lists;
    return () => {
      this.#underWay.entries -= entries;
      this.#underWay.lists -= lists;
    };
  }

  /** For lists that these edits make. */
  takeLists(edits: readonly Edit[]): EditProblem | (() => void) {
    const { lists } = this.left;
    const made = new Set<string>();
    for (const [index, { operation, list }] of edits.entries()) {
      if (operation !== 'describe' || this.#memory.find(list) !== undefined) continue;
      made.add(list);
      if (made.size > lists) return problem(index, 'list', this.refusal('lists'), 'delete some');
    }
    return this.take({ entries: 0, lists: made.size });
  }

  /** For entries that these edits add: what is there already may always be edited. */
  takeEntries(edits: readonly StoreEdit[]): EditProblem | (() => void) {
    const { entries } = this.left;
    const added = new Set<string>();
    for (const [index, edit] of edits.entries()) {
      if (edit.operation !== 'put' && edit.operation !== 'patch') continue;
      const { list, key } = edit;
      if (this.#memory.find(list)?.index.has(key) === true) continue;
      added.add(`${list}\0${key}`);
      if (added.size > entries) return problem(index, 'key', this.refusal('entries'), 'remove some');
    }
    return this.take({ entries: added.size, lists: 0 });
  }

  refusal(bound: keyof MergeRoom): string {
    return `there is no room for more than ${this.#max[bound]} ${bound}`;
  }
}

function problem(index: number, field: EditProblem['field'], message: string, help: string): EditProblem {
  return { index, code: 'limit', field, message, help };
}
