/**
 * A daemon within the test's own process, with its policy socket and its API.
 * Every answer of the API is held against what /openapi.json promises of it.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Compile } from 'typebox/schema';
import { type App, startApp } from '../../src/app.ts';
import { loadSettings } from '../../src/settings/load.ts';

export const ADMIN_TOKEN = 'a-token-of-the-environment-of-some-length';

export const POLICY = `\
mynetworks = 127.0.0.0/8
mydestination = dest.test
smtpd_restriction_classes = strict
strict = reject_non_fqdn_helo_hostname
smtpd_client_restrictions = check_client_access list:reject_client
smtpd_helo_restrictions = strict
smtpd_recipient_restrictions = reject_unauth_destination
`;

export interface ApiDaemonOptions {
  readonly policy?: string;
  /** By the names of the environment, without prefix. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default `memory`. */
  readonly data?: string;
  /** Whether the environment names an admin token. Default yes. */
  readonly hasToken?: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Of a text that is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it
  readonly json: any;
}

export interface AskOptions {
  /** null: none. Default: that of the environment. */
  readonly token?: string | null;
  /** Sent as JSON, unless it is a text or bytes. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: 'path' | 'query' | 'header';
    readonly schema: object;
    readonly required?: boolean;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
  readonly security: readonly object[];
  readonly 'x-scopes'?: readonly string[];
}

export interface Described {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

export class ApiDaemon {
  readonly app: App;
  readonly directory: string;
  readonly description: Described;
  readonly #lines: string[];
  #isStopped = false;
  readonly #validators = new Map<object, ReturnType<typeof Compile>>();

  private constructor(app: App, directory: string, description: Described, lines: string[]) {
    this.app = app;
    this.directory = directory;
    this.description = description;
    this.#lines = lines;
  }

  static async start(options: ApiDaemonOptions = {}): Promise<ApiDaemon> {
    const directory = mkdtempSync(join(tmpdir(), 'postward-api-'));
    writeFileSync(join(directory, 'mx.cf'), options.policy ?? POLICY);
    const environment = Object.fromEntries(
      Object.entries(options.settings ?? {}).map(([name, value]) => [`POSTWARD_${name}`, value]),
    );
    const flags = {
      listen: ['127.0.0.1:0'],
      policies: 'mx.cf',
      'dns.servers': [environment['POSTWARD_DNS__SERVERS'] ?? '127.0.0.1:9'],
      data: options.data ?? 'memory',
      'admin.address': environment['POSTWARD_ADMIN__ADDRESS'] ?? '127.0.0.1:0',
    };
    const { settings, diagnostics } = loadSettings({ file: undefined, environment, flags, directory });
    if (settings === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'));
    const lines: string[] = [];
    const log = { linesLost: 0, write: (line: string) => lines.push(line), close: async () => true };
    const app = await startApp(settings, {
      log: log as never,
      logFormat: 'json',
      environment: options.hasToken === false ? {} : { POSTWARD_ADMIN_TOKEN: ADMIN_TOKEN },
    });
    const answer = await fetch(`${urlOf(app)}/openapi.json`);
    const description = answer.ok ? ((await answer.json()) as Described) : undefined;
    if (description === undefined) throw new Error(`no description: ${answer.status}`);
    return new ApiDaemon(app, directory, description, lines);
  }

  get url(): string {
    return urlOf(this.app);
  }

  /** What it logged so far. */
  get log(): Record<string, unknown>[] {
    return this.#lines.map((line) => JSON.parse(line));
  }

  /** Asks the API. @throws Error when the answer is not what the description promises. */
  async ask(method: string, path: string, options: AskOptions = {}): Promise<Answer> {
    const { token = ADMIN_TOKEN, body, headers = {} } = options;
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isRaw ? (body as string) : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '') && text !== '';
    const found = {
      status: answer.status,
      headers: answer.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
    this.check(method, path, found);
    return found;
  }

  /** Asks the policy socket; the action that Postfix is answered. */
  async decide(attributes: Readonly<Record<string, string>> = {}): Promise<string> {
    const address = this.app.listeners[0]?.address;
    if (address?.kind !== 'tcp') throw new Error('no policy socket');
    const socket = connect(address.port, address.host);
    const all = {
      protocol_state: 'RCPT',
      protocol_name: 'ESMTP',
      client_address: '192.0.2.10',
      client_name: 'mail.client.test',
      reverse_client_name: 'mail.client.test',
      helo_name: 'mail.client.test',
      sender: 'a@sender.test',
      recipient: 'b@dest.test',
      ...attributes,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}=${value}\n`);
    socket.write(`request=smtpd_access_policy\n${lines.join('')}\n`);
    let answer = '';
    socket.setEncoding('utf8').on('data', (text) => {
      answer += text;
      if (answer.endsWith('\n\n')) socket.end();
    });
    await once(socket, 'close');
    return answer.trim().replace(/^action=/, '');
  }

  /** @throws Error when an answer is not what the description promises */
  check(method: string, path: string, answer: Pick<Answer, 'status' | 'headers' | 'text' | 'json'>): void {
    const operation = this.operation(method, path);
    if (operation === undefined) return;
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const isExpected = operation.responses[answer.status] !== undefined;
    const response = operation.responses[answer.status] ?? operation.responses['default'];
    const where = `${method} ${path}: ${answer.status} ${type}`;
    if (answer.status < 400 && !isExpected) throw new Error(`${where} is not described`);
    if (answer.text === '') return;
    const schema = response?.content?.[type]?.schema;
    if (schema === undefined) throw new Error(`${where} is not described: ${answer.text.slice(0, 300)}`);
    if (answer.json === undefined) return;
    const validator = this.#validators.get(schema) ?? Compile(this.components(), schema as never);
    this.#validators.set(schema, validator);
    if (!validator.Check(answer.json)) {
      const [, errors] = validator.Errors(answer.json);
      throw new Error(
        `${where} is not as described: ${JSON.stringify(errors)}\n${answer.text.slice(0, 2000)}`,
      );
    }
  }

  /** The described operation that an address belongs to. */
  operation(method: string, path: string): Operation | undefined {
    const [bare = ''] = path.split('?');
    const steps = bare.split('/');
    const fits = (pattern: string) => {
      const parts = pattern.split('/');
      return (
        parts.length === steps.length && parts.every((part, at) => part.startsWith('{') || part === steps[at])
      );
    };
    const literal = this.description.paths[bare];
    const operations =
      literal ?? Object.entries(this.description.paths).find(([pattern]) => fits(pattern))?.[1];
    return operations?.[method.toLowerCase()];
  }

  /** Schemas by the names that references have. */
  components(): Record<string, never> {
    return Object.fromEntries(
      Object.entries(this.description.components.schemas).map(([name, schema]) => [
        `#/components/schemas/${name}`,
        schema as never,
      ]),
    );
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.app.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

function urlOf(app: App): string {
  return `http://${app.admin?.address}`;
}
