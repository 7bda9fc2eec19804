/** A list in memory: what is known of it, its entries, and who asks it. It stays the same from start to end. */

import type { ListKind } from '../store/list-records.ts';
import { isThere, type ListState } from '../store/list-rows.ts';
import { NO_STAMP } from '../store/stamp.ts';
import type { TableContent } from '../tables/table-content.ts';
import type { ListIndex } from './list-index.ts';
import type { ListInfo } from './list-info.ts';

export class ManagedList {
  readonly name: string;
  readonly index: ListIndex;
  /** undefined: the store has not answered yet. */
  state: ListState | undefined;
  /** Tables of policies in force. */
  uses = 0;
  hits = 0;

  constructor(name: string, index: ListIndex) {
    this.name = name;
    this.index = index;
  }

  /** Dropped, and nothing put into it since: there is no such list for whoever asks. */
  get isGone(): boolean {
    if (this.uses > 0) return false;
    return this.state === undefined ? this.index.size === 0 : !isThere(this.state);
  }

  get kind(): ListKind {
    return this.state?.listKind ?? 'any';
  }

  get info(): ListInfo {
    const { state, kind } = this;
    return {
      name: this.name,
      kind,
      description: state?.description ?? '',
      version: state?.version ?? NO_STAMP,
      created: state?.created ?? 0,
      createdBy: state?.createdBy ?? '',
      changed: state?.changed ?? 0,
      changedBy: state?.changedBy ?? '',
      entries: this.index.size,
      hits: this.hits,
      isInPolicy: this.uses > 0,
    };
  }

  /** A table of a policy. */
  table(): TableContent {
    this.uses += 1;
    return {
      lookup: (search) => {
        const action = this.index.lookup(search);
        if (action !== undefined) this.hits += 1;
        return action;
      },
      close: () => {
        this.uses -= 1;
      },
    };
  }
}
