/** A list in memory: what is known of it, its entries, and who asks it. It stays the same from start to end. */

import type { ListState } from '../store/list-rows.ts';
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

  /** Dropped, and nothing in it: there is no such list for whoever asks. */
  get isGone(): boolean {
    return this.uses === 0 && this.index.size === 0 && (this.state === undefined || this.state.isDeleted);
  }

  get info(): ListInfo {
    const state = this.state;
    return {
      name: this.name,
      kind: state?.listKind ?? 'any',
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
