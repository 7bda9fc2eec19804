/** Punctuation that keeps the verb of a right-hand side from being one: `OK, text`, `REJECT: no`, `"REJECT"`. */
import { ACTIONS } from '../../access/action.ts';

export interface StrayMark {
  /** As written: `OK`, `550`; '' when the mark stands before whatever it is. */
  readonly verb: string;
  /** What stands around it that must not. */
  readonly mark: string;
  /** The right-hand side without it; undefined: a reply code, which needs a text. */
  readonly meant: string | undefined;
}

const VERBS: ReadonlySet<string> = new Set(ACTIONS.map(({ verb }) => verb));
const QUOTES = `"'\u201c\u201d\u2018\u2019`;
const NO_BREAK_SPACE = '\u00a0';
const FORM = new RegExp(`^([${QUOTES}]?)([A-Za-z_]+|[45]\\d\\d)([${QUOTES}:,;.-]*)(?=[ \\t]|$)(.*)$`, 's');
/** What other tables have between a key and its value. */
const BETWEEN = /^(=>?|->|:)\s*(\S.*)$/s;
const GLUED_CODE = /^()([45]\d\d)([:,;-])(.*)$/s;
const GLUED_WORD = new RegExp(`^()([A-Za-z_]+|[45]\\d\\d)(${NO_BREAK_SPACE})(.*)$`, 's');

/** What is wrong, as the beginning of a sentence. */
export function strayMessage({ verb, mark }: StrayMark): string {
  if (verb === '') return `\`${mark}\` between key and result belongs to the result`;
  if (mark === NO_BREAK_SPACE)
    return `the blank behind \`${verb}\` is a no-break space (U+00A0), which is none to Postfix`;
  return `\`${verb}\` is no action with ${mark === ':' ? 'a colon behind it' : `\`${mark}\` at it`}`;
}

export function strayMark(value: string): StrayMark | undefined {
  const between = BETWEEN.exec(value);
  if (between !== null) return { verb: '', mark: between[1] ?? '', meant: between[2] };
  const [, quote = '', verb = '', mark = '', rest = ''] =
    FORM.exec(value) ?? GLUED_CODE.exec(value) ?? GLUED_WORD.exec(value) ?? [];
  const isCode = /^\d/.test(verb);
  if (verb === '' || quote + mark === '' || !(isCode || VERBS.has(verb.toUpperCase()))) return undefined;
  const text = (quote === '' ? rest : rest.replace(new RegExp(`[${QUOTES}]$`), '')).trim();
  const meant = text === '' ? (isCode ? undefined : verb) : `${verb} ${text}`;
  return { verb, mark: quote === '' ? mark : quote, meant };
}
