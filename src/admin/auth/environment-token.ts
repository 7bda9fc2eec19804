/**
 * The admin token that the environment names: `POSTWARD_ADMIN_TOKEN`, or
 * `POSTWARD_ADMIN_TOKEN_FILE` with the file that holds it. For set-ups that
 * nobody watches. It is kept nowhere else: who changes it changes the token.
 */
import { readFileSync } from 'node:fs';
import { OperatorError } from '../../util/operator-error.ts';
import { systemErrorReason } from '../../util/system-error.ts';
import { MAX_TOKEN_LENGTH } from './token-text.ts';

export const ADMIN_TOKEN_VARIABLE = 'POSTWARD_ADMIN_TOKEN';
export const ADMIN_TOKEN_FILE_VARIABLE = 'POSTWARD_ADMIN_TOKEN_FILE';

/** 128 bits in hex. What a person thinks up is shorter, and guessed. */
const MIN_LENGTH = 32;

/** What an Authorization header can carry: token68 of RFC 9110 §11.2. */
const FORM = /^[A-Za-z0-9._~+/-]+=*$/;

/**
 * undefined when it names none; set but empty is not set.
 *
 * @throws OperatorError for a token that cannot be read, sent, or is too short
 */
export function environmentToken(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const file = environment[ADMIN_TOKEN_FILE_VARIABLE] ?? '';
  const text = environment[ADMIN_TOKEN_VARIABLE] ?? '';
  if (text !== '' && file !== '') {
    throw mistake(
      `${ADMIN_TOKEN_VARIABLE} and ${ADMIN_TOKEN_FILE_VARIABLE} are both set`,
      'set one of the two',
    );
  }
  if (text !== '') return checked(text, ADMIN_TOKEN_VARIABLE);
  return file === '' ? undefined : checked(readToken(file), `the file of ${ADMIN_TOKEN_FILE_VARIABLE}`);
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw mistake(
      `cannot read \`${file}\`, which ${ADMIN_TOKEN_FILE_VARIABLE} names: ${systemErrorReason(error)}`,
      'check the path, and that the user Postward runs as may read it',
    );
  }
}

/** Says what is wrong with it without saying it. */
function checked(token: string, where: string): string {
  const help = 'make one with `openssl rand -hex 32`';
  if (token.length < MIN_LENGTH) {
    throw mistake(`the token in ${where} has ${token.length} characters, fewer than ${MIN_LENGTH}`, help);
  }
  if (token.length > MAX_TOKEN_LENGTH) {
    throw mistake(`the token in ${where} has more than ${MAX_TOKEN_LENGTH} characters`, help);
  }
  if (!FORM.test(token)) {
    throw mistake(`the token in ${where} has characters that no HTTP header can carry in a token`, help);
  }
  return token;
}

function mistake(message: string, help: string): OperatorError {
  return new OperatorError('admin-token', message, help);
}
