/**
 * The digest of a list: two servers whose lists have the same digest have the
 * same registers, tombstones included. It is a sum, so that an edit changes it
 * without a look at the other registers.
 */
import { hash } from 'node:crypto';
import type { Stamp } from './stamp.ts';

/** Digests are sums modulo this. */
const DIGEST_MODULUS = 2 ** 48;

/** The first 48 bits of SHA-1 of `list NUL key NUL stamp`; the key of the list itself is ''. */
export function registerHash(list: string, key: string, stamp: Stamp): number {
  return Number.parseInt(hash('sha1', `${list}\0${key}\0${stamp}`).slice(0, 12), 16);
}

/** A digest plus or minus hashes: any integer, brought into range. */
export function wrapDigest(sum: number): number {
  return ((sum % DIGEST_MODULUS) + DIGEST_MODULUS) % DIGEST_MODULUS;
}

/** A list's version: 12 hexadecimal digits. */
export function formatDigest(digest: number): string {
  return digest.toString(16).padStart(12, '0');
}
