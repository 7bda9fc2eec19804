/** What sharing needs of the lists of this server; ListService has it. */
import type { Change, ChangeId } from '../../store/list-records.ts';
import type { FillRecord } from '../../store/merge-fill.ts';
import type { Stamp } from '../../store/stamp.ts';
import type { StoreFailure } from '../../store/store-failure.ts';

export interface ListDigest {
  /** The sum of the hashes of all registers, see store/register-hash.ts: 12 hexadecimal digits. */
  readonly digest: string;
  readonly registers: number;
}

export interface MergeResult {
  readonly kind: 'merged';
  /** Newer than what was here; now durable and in force. */
  readonly applied: number;
  /** Known already, or older. */
  readonly ignored: number;
  /** Not what this server takes for an entry; nothing was done with them. */
  readonly invalid: readonly { readonly list: string; readonly reason: string }[];
  /** For the next merge of the same filling. */
  readonly fill?: FillRecord;
}

export interface SharedLists {
  /** Eight letters and digits, at the end of each stamp that this server makes. */
  readonly node: string;
  /** Edits of this server that are not known to be shared, oldest or not, at most so many. */
  unshared(limit: number): Promise<readonly Change[] | StoreFailure>;
  markShared(ids: readonly ChangeId[]): Promise<undefined | StoreFailure>;
  /** Registers of a list by key, after a key; undefined begins with the list's own and its drop. */
  registers(
    list: string,
    afterKey: string | undefined,
    limit: number,
  ): Promise<readonly Change[] | StoreFailure>;
  digests(): Promise<ReadonlyMap<string, ListDigest> | StoreFailure>;
  /** @param fill that they are to fill a list which has nothing here */
  merge(changes: readonly Change[], origin: string, fill?: FillRecord): Promise<MergeResult | StoreFailure>;
  /** What was removed or has expired long ago leaves the store. */
  purge(): Promise<void>;
  /** Of all that this server has stamped or seen. */
  newestStamp(): Promise<Stamp | StoreFailure>;
  /** Stamps anew what is stamped more than a day ahead; it waits to be shared then. @returns how many registers */
  restamp(): Promise<number | StoreFailure>;
  /** The origin of edits made here is ''. Call what is returned to hear no more. */
  onChange(listener: (changes: readonly Change[], origin: string) => void): () => void;
}
