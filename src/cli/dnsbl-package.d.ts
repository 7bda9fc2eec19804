/** What we use of the npm package `dnsbl`, which comes without types. */
declare module 'dnsbl' {
  export interface LookupOptions {
    /** null: the servers of the system. */
    readonly servers?: readonly string[] | null;
    /** Milliseconds. */
    readonly timeout?: number;
  }
  /** True when the list answered with an address, whatever it was. */
  export function lookup(address: string, list: string, options?: LookupOptions): Promise<boolean>;
}
