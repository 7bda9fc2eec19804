/** What is answered when there is no decision. */
import { parseAction } from '../access/action.ts';
import { OperatorError } from '../util/operator-error.ts';

/** @throws OperatorError when it is no action that Postfix understands by itself */
export function checkFailAction(action: string): void {
  const { kind } = parseAction(action);
  if (kind !== 'list' && kind !== 'malformed' && kind !== 'empty') return;
  throw new OperatorError(
    'fail-action',
    `decision.fail_action is no action of access(5): \`${action}\``,
    'write one such as `DUNNO` or `DEFER_IF_PERMIT 4.3.5 Server configuration error`',
  );
}
