/**
 * A map file with its passwords blotted out, character by character, so that a
 * diagnostic can show any of its lines.
 */
import { Source } from '../../language/source.ts';

/** The logical line of a password, and the login of a connection URI. */
const SECRETS =
  /(?<=^[^\S\n]*(?:\w*_)?(?:password|bind_pw)\b\s*=?)[^\n]*(?:\n[ \t][^\n]*)*|(?<=\/\/)[^\s/@]*:[^\s@]*(?=@)|(?<=[?&]password=)[^\s&]*/gm;

export function maskPasswords(source: Source): Source {
  const text = source.text.replace(SECRETS, (secret) => secret.replace(/[^\s=]/g, '*'));
  return new Source(source.file, text);
}
