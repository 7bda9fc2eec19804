/** Punctuation that keeps the verb of a right-hand side from being one: `OK, text`, `REJECT: no`, `"REJECT"`. */
import { ACTIONS } from '../../access/action.ts';

export interface StrayMark {
  /** As written: `OK`, `550`. */
  readonly verb: string;
  /** What stands around it that must not. */
  readonly mark: string;
  /** The right-hand side without it; undefined: a reply code, which needs a text. */
  readonly meant: string | undefined;
}

const VERBS: ReadonlySet<string> = new Set(ACTIONS.map(({ verb }) => verb));
const QUOTES = `"'\u201c\u201d\u2018\u2019`;
const FORM = new RegExp(`^([${QUOTES}]?)([A-Za-z_]+|[45]\\d\\d)([${QUOTES}:,;.-]*)(?=\\s|$)(.*)$`, 's');
const GLUED_CODE = /^()([45]\d\d)([:,;-])(.*)$/s;

export function strayMark(value: string): StrayMark | undefined {
  const [, quote = '', verb = '', mark = '', rest = ''] = FORM.exec(value) ?? GLUED_CODE.exec(value) ?? [];
  const isCode = /^\d/.test(verb);
  if (verb === '' || quote + mark === '' || !(isCode || VERBS.has(verb.toUpperCase()))) return undefined;
  const text = (quote === '' ? rest : rest.replace(new RegExp(`[${QUOTES}]$`), '')).trim();
  const meant = text === '' ? (isCode ? undefined : verb) : `${verb} ${text}`;
  return { verb, mark: quote === '' ? mark : quote, meant };
}
