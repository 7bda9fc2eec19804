/** Many requests bring the same unknown policy_context: it is told once each, and not without end. */
const MAX_NOTICED = 100;

export type Notice = (context: string, policy: string) => void;

export function noticeOnce(notice: Notice): Notice {
  const noticed = new Set<string>();
  return (context, policy) => {
    if (noticed.has(context) || noticed.size >= MAX_NOTICED) return;
    noticed.add(context);
    notice(context, policy);
  };
}
