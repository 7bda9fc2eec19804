/** What a query found: rows of texts; null is SQL's NULL. */
export type SqlRows = readonly (readonly (string | null)[])[];
