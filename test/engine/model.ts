/**
 * A slow and simple model of smtpd's generic_checks() and smtpd_check_rcpt(),
 * in Postfix's own order of things, to hold the engine against.
 */
import type { ListName } from '../../src/engine/step.ts';
import { outcomeOf, replyAt, type Tree } from './programs.ts';

class Rejected {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Status = 'dunno' | 'ok';

class Model {
  readonly lines: string[] = [];
  deferIfPermit: string | undefined;
  deferIfReject: string | undefined;
  warn = 0;
  depth = 0;
  isDiscarded = false;

  check(trees: readonly Tree[], place: string): Status {
    const saved = this.depth;
    this.depth += 1;
    let status: Status = 'dunno';
    for (const [i, tree] of trees.entries()) {
      if (this.isDiscarded) break;
      const here = `${place}/${i}`;
      if (tree === 'warn') {
        if (this.warn === 0) this.warn = this.depth;
        continue;
      }
      status = this.one(tree, here);
      if (this.warn >= this.depth) this.warn = 0;
      if (status === 'ok') break;
      if (this.deferIfPermit !== undefined && this.deferIfReject !== undefined) break;
    }
    this.depth = saved;
    if (this.warn >= this.depth) this.warn = 0;
    return status;
  }

  one(tree: Tree, place: string): Status {
    if (typeof tree !== 'string') {
      if ('forbid' in tree) {
        const status = this.check(tree.forbid, place);
        if (status === 'ok' && !this.isDiscarded) {
          this.lines.push(`right_hand_side: ${this.#last}: OK is not allowed here; use DUNNO instead`);
          throw new Rejected('451 4.3.5 Server configuration error');
        }
        return status;
      }
      if ('undecide' in tree) {
        this.check(tree.undecide, place);
        return 'dunno';
      }
      return this.check(tree, place);
    }
    this.#last = place;
    const outcome = outcomeOf(tree, place);
    const { code, dsn, prefix, text } = replyAt(tree, place);
    const reply = `${code} ${dsn} ${prefix}: ${text}`;
    switch (outcome.kind) {
      case 'permit':
        return 'ok';
      case 'effect':
        this.effects.push(`${outcome.effect.verb} ${outcome.effect.text}`);
        if (outcome.effect.verb !== 'DISCARD') return 'dunno';
        this.isDiscarded = true;
        return 'ok';
      case 'reject':
        return this.reject(reply, text, outcome.isFault);
      case 'defer_if_permit':
        if (this.warn !== 0) return this.reject(reply, text, false);
        this.deferIfPermit ??= reply;
        return 'dunno';
      case 'defer_if_reject':
        this.deferIfReject ??= reply;
        return 'dunno';
      default:
        return 'dunno';
    }
  }

  readonly effects: string[] = [];
  #last = '';

  reject(reply: string, text: string, isFault: boolean): Status {
    if (this.warn !== 0 && !isFault) {
      this.lines.push(`reject_warning: ${text}`);
      return 'dunno';
    }
    throw new Rejected(reply.startsWith('5') ? (this.deferIfReject ?? reply) : reply);
  }
}

export function modelOf(lists: Partial<Record<ListName, readonly Tree[]>>): string {
  const model = new Model();
  const end = (first: string) => [first, ...model.effects, ...model.lines].join('\n');
  try {
    for (const [name, trees] of Object.entries(lists)) {
      model.warn = 0;
      if (name !== 'recipient') model.deferIfReject = undefined;
      model.check(trees, name);
    }
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return end(`${error.text.startsWith('5') ? 'reject' : 'defer'} ${error.text}`);
  }
  if (model.deferIfPermit !== undefined) {
    return end(`${model.isDiscarded ? 'defer' : 'defer_if_permit'} ${model.deferIfPermit}`);
  }
  return end(model.isDiscarded ? 'discard' : 'permit');
}
