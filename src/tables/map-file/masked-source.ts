/**
 * A map file with its passwords blotted out, character by character, so that a
 * diagnostic can show any of its lines. What is no parameter may be a misspelt
 * password: its value is blotted out as well.
 */
import { Source } from '../../language/source.ts';

/** Parameters whose values are passwords. */
const SECRET_PARAMETERS: readonly string[] = ['password', 'bind_pw'];

/** A logical line: its name, and what follows. */
const LINES = /^([^\s#=][^\s=]*)([^\n]*(?:\n[ \t][^\n]*)*)/gm;

/** A password behind white space, which is no logical line of its own; the login of a connection URI. */
const OTHERS =
  /(?<=^[^\S\n]+(?:\w*_)?(?:password|bind_pw)\b\s*=?)[^\n]*(?:\n[ \t][^\n]*)*|(?<=\/\/)[^\s/@]*:[^\s@]*(?=@)|(?<=[?&]password=)[^\s&]*/gm;

/** @param known all that the file may set */
export function maskPasswords(source: Source, known: readonly string[]): Source {
  const text = source.text
    .replace(LINES, (line, name: string, rest: string) => {
      const isShown = known.includes(name) && !SECRET_PARAMETERS.includes(name) && /^\s*=/.test(rest);
      return isShown ? line : name + blotted(rest);
    })
    .replace(OTHERS, blotted);
  return new Source(source.file, text);
}

function blotted(secret: string): string {
  return secret.replace(/[^\s=]/g, '*');
}
