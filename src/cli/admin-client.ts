/**
 * Asks a running daemon over its admin API: by default over the local socket in
 * its data directory, which needs no token; otherwise at an address, with a
 * token from the environment. What the API refuses becomes an operator error
 * with the API's own words.
 */
import {
  type ClientRequest,
  type IncomingMessage,
  type RequestOptions,
  request as requestHttp,
} from 'node:http';
import { request as requestHttps } from 'node:https';
import { userInfo } from 'node:os';
import { localSocketPath } from '../admin/local-socket-path.ts';
import type { FieldProblem, Problem } from '../admin/problem.ts';
import { visible } from '../language/visible.ts';
import { parseSocketAddress } from '../net/socket-address.ts';
import { OperatorError } from '../util/operator-error.ts';
import { type OptionValues, settingsFor } from './setting-flags.ts';
import type { Terminal } from './terminal.ts';

/** The variable that holds the token for an API that is asked at an address. */
export const TOKEN_VARIABLE = 'POSTWARD_TOKEN';
export const API_VARIABLE = 'POSTWARD_API';

/** As long as an import of some hundred thousand entries may take. */
const TIMEOUT_MS = 120_000;
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export interface ApiRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** Parts of the path behind /v1, each escaped: `['lists', 'reject_client', 'entries', '192.0.2.0/24']`. */
  readonly path: readonly string[];
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, with its type, in place of `body`. */
  readonly text?: { readonly type: string; readonly content: string };
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** What the API would not do, with what it found wrong. */
export class ApiRefusal extends OperatorError {
  readonly errors: readonly FieldProblem[];

  constructor(code: string, message: string, help: string, errors: readonly FieldProblem[]) {
    super(code, message, help);
    this.errors = errors;
  }
}

type Place = Pick<RequestOptions, 'socketPath' | 'host' | 'port'> & { readonly isTls: boolean };

export class AdminClient {
  /** Where it asks, for people. */
  readonly address: string;
  readonly #place: Place;
  readonly #headers: Readonly<Record<string, string>>;

  /** @throws OperatorError when it cannot be told whom to ask, or there is no token for it */
  constructor(options: OptionValues, terminal: Terminal) {
    const { environment } = terminal;
    const named =
      typeof options['api'] === 'string' ? options['api'] : environment[API_VARIABLE] || undefined;
    // `--policy` is a setting for other commands; here it may be a question about decisions.
    const { data } = settingsFor({ config: options['config'], data: options['data'] }, terminal);
    const local = data === 'memory' ? undefined : `unix:${localSocketPath(data)}`;
    if (named === undefined && local === undefined) {
      throw new OperatorError(
        'no-api',
        'a daemon that keeps nothing (`data: memory`) has no local socket',
        `name its admin address with \`--api http://127.0.0.1:10080\`, and set ${TOKEN_VARIABLE}`,
      );
    }
    this.address = named ?? local ?? '';
    this.#place = placeOf(this.address);
    const token = environment[TOKEN_VARIABLE] || undefined;
    if (named !== undefined && this.#place.socketPath === undefined && token === undefined) {
      throw new OperatorError(
        'no-token',
        `\`${named}\` wants a token, and ${TOKEN_VARIABLE} is not set`,
        'make one with `postward token create` where the daemon runs',
      );
    }
    this.#headers = {
      'user-agent': 'postward',
      ...(token === undefined ? { 'postward-user': userName() } : { authorization: `Bearer ${token}` }),
    };
  }

  /** The answer's JSON; undefined when it has no body. @throws OperatorError for whatever is not a success */
  async ask<T>(request: ApiRequest): Promise<T> {
    const { text } = await this.answer(request);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  async answer(request: ApiRequest): Promise<ApiAnswer> {
    const response = await this.#send(request, AbortSignal.timeout(TIMEOUT_MS));
    const text = await this.#read(response);
    const status = response.statusCode ?? 0;
    if (status < 200 || status > 299) throw refusal(status, text, this.address);
    return { status, headers: response.headers, text };
  }

  /** Server-sent events as they come, until `signal` or the daemon ends them: names and parsed data. */
  async *events(request: ApiRequest, signal: AbortSignal): AsyncGenerator<{ event: string; data: unknown }> {
    const response = await this.#send({ ...request, accept: 'text/event-stream' }, signal);
    const status = response.statusCode ?? 0;
    if (status !== 200) throw refusal(status, await this.#read(response), this.address);
    let event = 'message';
    let data = '';
    let rest = '';
    response.setEncoding('utf8');
    try {
      for await (const chunk of response) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          if (line.startsWith('event:')) event = line.slice('event:'.length).trim();
          else if (line.startsWith('data:')) data += line.slice('data:'.length).trim();
          else if (line.trim() === '' && data !== '') {
            yield { event, data: JSON.parse(data) };
            event = 'message';
            data = '';
          }
        }
      }
    } catch (error) {
      if (!signal.aborted) throw this.#unreachable(error as NodeJS.ErrnoException);
    }
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const { isTls, ...where } = this.#place;
    const content =
      request.text?.content ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
    const type = request.text?.type ?? 'application/json';
    const send = isTls ? requestHttps : requestHttp;
    const headers: Record<string, string | number> = {
      ...this.#headers,
      accept: request.accept ?? 'application/json',
      ...(content === undefined
        ? {}
        : { 'content-type': type, 'content-length': Buffer.byteLength(content) }),
      ...request.headers,
    };
    // A name for the Host header, where there is only a path.
    if (where.socketPath !== undefined) headers['host'] = 'localhost';
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        const sent: ClientRequest = send({
          ...where,
          path: pathOf(request),
          method: request.method ?? 'GET',
          headers,
          agent: false,
          signal,
        });
        sent.on('response', resolve).on('error', reject).end(content);
      });
    } catch (error) {
      throw this.#unreachable(error as NodeJS.ErrnoException);
    }
  }

  async #read(response: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of response) {
        chunks.push(chunk as Buffer);
        bytes += (chunk as Buffer).length;
        if (bytes > MAX_ANSWER_BYTES) throw new Error('the answer is too long');
      }
    } catch (error) {
      throw this.#unreachable(error as NodeJS.ErrnoException);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  #unreachable(error: NodeJS.ErrnoException): OperatorError {
    return new OperatorError(
      'not-reachable',
      `nobody answers at \`${this.address}\`: ${reasonOf(error)}`,
      helpFor(error, this.#place.socketPath !== undefined),
      { cause: error },
    );
  }
}

function placeOf(address: string): Place {
  if (address.startsWith('unix:')) return { socketPath: address.slice('unix:'.length), isTls: false };
  const url = URL.parse(address);
  if ((url?.protocol === 'http:' || url?.protocol === 'https:') && url.pathname === '/') {
    const isTls = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    return { host, port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port), isTls };
  }
  const socket = parseSocketAddress(address);
  if (socket?.kind === 'tcp') return { host: socket.host, port: socket.port, isTls: false };
  throw new OperatorError(
    'bad-api',
    `\`${address}\` is no address of an admin API`,
    'write `http://127.0.0.1:10080`, `https://host:port` or `unix:/path`',
  );
}

function pathOf({ path, query = {} }: ApiRequest): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one));
  }
  const search = parameters.size === 0 ? '' : `?${parameters}`;
  return `/v1/${path.map(encodeURIComponent).join('/')}${search}`;
}

/** What the API said, field by field. */
function refusal(status: number, text: string, address: string): ApiRefusal {
  const problem = parsedProblem(text);
  const detail = problem?.detail ?? problem?.title ?? `it answered ${status}`;
  const errors = problem?.errors ?? [];
  const fields = errors.map(({ field, value, expected }) => {
    // What the sentence above has said already is not said again.
    const hint = expected.startsWith(`${detail}; `) ? expected.slice(detail.length + 2) : expected;
    const found = value === undefined || hint !== expected ? '' : `, not \`${value}\``;
    return `\n  ${visible(`${field}: ${hint}${found}`)}`;
  });
  return new ApiRefusal(
    `api-${status}`,
    visible(detail) + fields.join(''),
    HELP[status] ?? `\`${address}\` refused it`,
    errors,
  );
}

const HELP: Readonly<Record<number, string>> = {
  400: 'mend what is named above',
  401: `set ${TOKEN_VARIABLE} to a token that holds`,
  403: 'a token with another scope is needed; `postward token create --scope` makes one',
  404: 'look at what there is: `postward list ls`',
  409: 'look at what there is now, and try again',
  412: 'somebody has changed it meanwhile; look at it and try again',
  429: 'wait a moment; admin.requests_per_minute sets the limit',
  507: 'make room on the disk of the data directory; mail is decided all the while',
};

function parsedProblem(text: string): Partial<Problem> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf({ name, code, message }: NodeJS.ErrnoException): string {
  if (name === 'AbortError' || name === 'TimeoutError') return 'no answer in time';
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'EACCES') return 'permission denied';
  return code === 'ENOENT' ? 'no such socket' : message;
}

function helpFor({ code }: NodeJS.ErrnoException, isSocket: boolean): string {
  if (code === 'EACCES') return 'run this as the user that the daemon runs as, or with sudo';
  return isSocket
    ? 'is the daemon running, and is this its data directory? (`--data`, or `--config` with its settings)'
    : 'is the daemon running, and is this its admin address?';
}

/** For the audit trail of edits over the local socket. */
function userName(): string {
  try {
    return (
      userInfo()
        .username.replaceAll(/[^A-Za-z0-9._@-]/g, '_')
        .slice(0, 64) || 'unknown'
    );
  } catch {
    return 'unknown';
  }
}
