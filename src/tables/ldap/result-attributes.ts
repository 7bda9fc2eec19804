/**
 * The attributes that a lookup in LDAP asks for, and what each is for
 * (ldap_table(5)): terminal ones end all expansion, leaf ones count only in
 * entries that lead nowhere, special ones name further entries.
 */
import type { LdapEntry } from '../../databases/ldap-message.ts';
import type { MapFile } from '../map-file/map-file.ts';

export type AttributeRole = 'terminal' | 'leaf' | 'ordinary' | 'special';

interface Wanted {
  readonly name: string;
  readonly role: AttributeRole;
}

/** In the order in which a name that stands in several of them counts. */
const PARAMETERS = [
  ['terminal', 'terminal_result_attribute', ''],
  ['leaf', 'leaf_result_attribute', ''],
  ['ordinary', 'result_attribute', 'maildrop'],
  ['special', 'special_result_attribute', ''],
] as const;

export const ATTRIBUTE_PARAMETERS: readonly string[] = PARAMETERS.map(([, parameter]) => parameter);

export class ResultAttributes {
  readonly names: readonly string[];
  readonly #wanted: readonly Wanted[];
  readonly #roles: ReadonlySet<AttributeRole>;

  constructor(file: MapFile) {
    this.#wanted = PARAMETERS.flatMap(([role, parameter, byDefault]) => {
      const text = file.shown(parameter) === undefined ? byDefault : file.text(parameter);
      const names = text.split(/[\s,]+/).filter((name) => name !== '');
      return names.map((name) => ({ name, role }));
    });
    this.names = this.#wanted.map(({ name }) => name);
    this.#roles = new Set(this.#wanted.map(({ role }) => role));
  }

  get hasLeafNames(): boolean {
    return this.#roles.has('leaf');
  }

  /** undefined for an attribute that nobody asked for. */
  roleOf(name: string): AttributeRole | undefined {
    return this.#wanted.find((wanted) => isSame(wanted.name, name) || isSubtype(name, wanted.name))?.role;
  }

  /** Whether an entry has an attribute for this, by the very name that was asked for. */
  has(entry: LdapEntry, role: AttributeRole): boolean {
    if (!this.#roles.has(role)) return false;
    return entry.some(
      ({ name, values }) =>
        values.length > 0 && this.#wanted.some((wanted) => wanted.role === role && isSame(wanted.name, name)),
    );
  }

  /** What both an LDAP URL and we want, the narrower of two names; all of ours if it wants nothing particular. */
  within(urlAttributes: readonly string[]): readonly string[] {
    if (urlAttributes.length === 0) return this.names;
    return urlAttributes.flatMap((theirs) =>
      this.names.flatMap((ours) => {
        if (isSame(ours, theirs) || isSubtype(ours, theirs)) return [ours];
        return isSubtype(theirs, ours) ? [theirs] : [];
      }),
    );
  }
}

/** RFC 4512 §2.5: the case of names says nothing. */
function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** `mail;lang-de` is one of `mail`. */
function isSubtype(name: string, of: string): boolean {
  return name.toLowerCase().startsWith(`${of.toLowerCase()};`);
}
