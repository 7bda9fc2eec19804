/** What a lookup that fails for now does to a request: the `*_tempfail_action` parameters. */
import { type Outcome, type Reply, reject } from '../engine/outcome.ts';

/**
 * @param action `defer_if_permit` (Postfix's default), or `defer`
 */
export function temporaryFailure(action: string): (reply: Reply) => Outcome {
  return action.toLowerCase() === 'defer' ? reject : (reply) => ({ kind: 'defer_if_permit', reply });
}
