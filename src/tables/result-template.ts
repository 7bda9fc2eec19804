/**
 * The result of a pattern table's line, with `$1`, `${1}` and `$(1)` for what the
 * groups of the pattern matched, and `$$` for a dollar sign.
 */

export interface ResultTemplate {
  /** Text, and the numbers of groups, in order. */
  readonly parts: readonly (string | number)[];
  /** 0: always the same text. */
  readonly maxGroup: number;
}

export interface TemplateError {
  readonly error: string;
  readonly help: string;
}

export function parseResultTemplate(text: string): ResultTemplate | TemplateError {
  const parts: (string | number)[] = [];
  let literal = '';
  let maxGroup = 0;
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) {
      literal += text.slice(at);
      break;
    }
    literal += text.slice(at, dollar);
    if (text[dollar + 1] === '$') {
      literal += '$';
      at = dollar + 2;
      continue;
    }
    const reference = readReference(text, dollar + 1);
    if (reference === undefined) {
      return {
        error: `unclosed \`${text.slice(dollar, dollar + 2)}\``,
        help: 'write `${1}`, or `$$` for a dollar sign',
      };
    }
    if (!/^[0-9]+$/.test(reference.name)) {
      return {
        error: `\`$${reference.name}\` is not a group of the pattern`,
        help: 'write `$1` to `$99`, or `$$` for a dollar sign',
      };
    }
    const group = Number(reference.name);
    if (group < 1)
      return {
        error: '`$0` does not exist in tables',
        help: 'put parentheses around the whole pattern and write `$1`',
      };
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push(group);
    maxGroup = Math.max(maxGroup, group);
    at = reference.end;
  }
  if (literal !== '') parts.push(literal);
  return { parts, maxGroup };
}

export function usedGroups(template: ResultTemplate): number[] {
  return template.parts.filter((part) => typeof part === 'number');
}

/** Groups that matched nothing, or took no part, leave nothing. */
export function renderResult(template: ResultTemplate, groups: readonly (string | undefined)[]): string {
  let result = '';
  for (const part of template.parts) result += typeof part === 'string' ? part : (groups[part] ?? '');
  return result;
}

function readReference(text: string, start: number): { name: string; end: number } | undefined {
  const open = text[start];
  if (open !== '{' && open !== '(') {
    const name = /[0-9A-Za-z_]*/y;
    name.lastIndex = start;
    const found = name.exec(text)?.[0] ?? '';
    return { name: found, end: start + found.length };
  }
  const close = open === '{' ? '}' : ')';
  let level = 1;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === open) level++;
    if (text[at] === close && --level === 0) return { name: text.slice(start + 1, at), end: at + 1 };
  }
  return undefined;
}
