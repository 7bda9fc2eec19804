/** Tokens of the admin API as they are kept: never the token itself. */

export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly hash: string;
  readonly scopes: readonly string[];
  /** The only lists it may touch; null: all. */
  readonly lists: readonly string[] | null;
  /** The only actions that it may put in force; null: all. */
  readonly actions: readonly string[] | null;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** null: never. */
  readonly expires: number | null;
  /** null: not yet. */
  readonly lastUsed: number | null;
}
