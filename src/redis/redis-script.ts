/** A Lua script that Redis runs as one step; sent by its hash once Redis knows it. */
import { createHash } from 'node:crypto';

export class RedisScript {
  readonly text: string;
  /** What EVALSHA takes. */
  readonly sha1: string;

  constructor(text: string) {
    this.text = text;
    this.sha1 = createHash('sha1').update(text).digest('hex');
  }
}
