/**
 * Tokens as texts: `pw_ID_SECRET`, where the secret is 256 random bits. The id
 * is no secret; it finds the record whose hash the text is held against, so
 * that nothing secret is ever searched for.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const FORM = /^pw_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/;

/** Longer ones are not looked at. */
export const MAX_TOKEN_LENGTH = 512;

export interface NewToken {
  readonly id: string;
  /** Shown once, kept nowhere. */
  readonly text: string;
  readonly hash: string;
}

export function makeToken(): NewToken {
  const id = randomBytes(6).toString('hex');
  const text = `pw_${id}_${randomBytes(32).toString('base64url')}`;
  return { id, text, hash: hashToken(text) };
}

/** The id in a text that has the form of a token. */
export function tokenId(text: string): string | undefined {
  return FORM.exec(text)?.[1];
}

/**
 * SHA-256, in hex. Nothing slower is called for: a token is random, and too
 * long to be tried.
 */
export function hashToken(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** Whether a text has this hash, in a time that does not tell how much of it agrees. */
export function matchesHash(text: string, hash: string): boolean {
  const expected = Buffer.from(hash, 'hex');
  const found = createHash('sha256').update(text, 'utf8').digest();
  return expected.length === found.length && timingSafeEqual(found, expected);
}
