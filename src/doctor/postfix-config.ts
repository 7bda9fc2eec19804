/**
 * The configuration of a Postfix as its smtpd services see it: main.cf, and for
 * each smtpd of master.cf the same with its `-o` options laid over it. Read as
 * text, never asked of a running Postfix.
 */
import { type Examined, examine } from '../import/examine.ts';
import { parseMasterCf, type SmtpdService } from '../import/master-cf.ts';
import { parseMainCf } from '../language/main-cf.ts';
import type { Source } from '../language/source.ts';
import type { HostFacts } from '../policy/host-facts.ts';

export interface PostfixTexts {
  /** A main.cf, or what `postconf -x` prints. */
  readonly mainCf: Source;
  readonly masterCf: Source | undefined;
  /** `$config_directory` */
  readonly configDirectory: string;
  readonly host: HostFacts;
}

export interface PostfixService {
  /** `smtp/inet` as in master.cf; `main.cf` for what has no options of its own. */
  readonly name: string;
  readonly isChrooted: boolean;
  readonly examined: Examined;
}

/** smtpd services in the order of master.cf; those without options of their own are one, `main.cf`. */
export function readPostfix({ mainCf, masterCf, configDirectory, host }: PostfixTexts): PostfixService[] {
  const ignore = () => {};
  const assignments = parseMainCf(mainCf, ignore);
  const service = (name: string, isChrooted: boolean, options: SmtpdService['options']): PostfixService => ({
    name,
    isChrooted,
    examined: examine(name, [...assignments, ...options], { configDirectory, host }),
  });
  const services = masterCf === undefined ? [] : parseMasterCf(masterCf, ignore);
  const plain = services.filter(({ options }) => options.length === 0);
  const own = services.filter(({ options }) => options.length > 0);
  return [
    ...(plain.length > 0 || own.length === 0
      ? [
          service(
            'main.cf',
            plain.some(({ isChrooted }) => isChrooted),
            [],
          ),
        ]
      : []),
    ...own.map(({ name, type, isChrooted, options }) => service(`${name}/${type}`, isChrooted, options)),
  ];
}
