/** The PEM files that a map file names for TLS. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClientTls, tlsMistake } from '../../databases/client-tls.ts';
import { quote } from '../../language/quote.ts';
import { systemErrorReason } from '../../util/system-error.ts';
import type { MapFile } from './map-file.ts';

/** How c_rehash(1) names certificates. */
const HASHED = /^[0-9a-f]{8}\.\d+$/;

/** undefined when the parameter is not set, or its file cannot be read, which is reported. */
export function readPemFile(file: MapFile, parameter: string): string | undefined {
  return readPemAt(file, parameter, file.text(parameter));
}

/** @param parameter where the path stands, among other things */
export function readPemAt(file: MapFile, parameter: string, path: string): string | undefined {
  return reading(file, parameter, path, () => readFileSync(path, 'utf8'));
}

/** The certificates of a directory as OpenSSL wants it; undefined as for a file. */
export function readPemDirectory(file: MapFile, parameter: string): string[] | undefined {
  const path = file.text(parameter);
  const found = reading(file, parameter, path, () =>
    readdirSync(path)
      .filter((name) => HASHED.test(name))
      .map((name) => readFileSync(join(path, name), 'utf8')),
  );
  if (found?.length === 0) {
    file.warn(
      parameter,
      'map-file-value',
      `there is no certificate in ${quote(path)}`,
      'run `c_rehash` there: only names that it makes (such as `9d66eef0.0`) are read',
    );
  }
  return found;
}

/** Reports what node:tls would refuse, at the first of these parameters that is set. */
export function judgeTls(file: MapFile, parameters: readonly string[], tls: ClientTls): void {
  const mistake = tlsMistake(tls);
  if (mistake === undefined) return;
  const parameter = parameters.find((name) => file.text(name) !== '') ?? parameters[0] ?? '';
  const help = 'name a certificate and its key in PEM, and ciphers as OpenSSL does';
  file.error(parameter, 'map-file-value', `no TLS with this: ${mistake}`, help);
}

function reading<T>(file: MapFile, parameter: string, path: string, read: () => T): T | undefined {
  if (path === '') return undefined;
  try {
    return read();
  } catch (error) {
    const message = `cannot read ${quote(path)}: ${systemErrorReason(error)}`;
    const help = 'correct the path, or let the user that Postward runs as read it';
    file.error(parameter, 'map-file-value', message, help);
    return undefined;
  }
}
