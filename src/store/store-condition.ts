/** What must be so at the time of an edit. */

export type StoreCondition =
  | { readonly is: 'version'; readonly version: string }
  | { readonly is: 'present' }
  | { readonly is: 'absent' };

/** What is there instead of what was expected; undefined when it is as expected. */
export function unmetCondition(
  condition: StoreCondition | undefined,
  version: string | undefined,
): string | undefined {
  switch (condition?.is) {
    case undefined:
      return undefined;
    case 'present':
      return version === undefined ? 'absent' : undefined;
    case 'absent':
      return version;
    case 'version':
      return version === condition.version ? undefined : (version ?? 'absent');
  }
}
