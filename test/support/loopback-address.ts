/**
 * Loopback addresses that nothing else uses, so that servers of tests that run
 * at the same time can all have well-known ports (53 for a DNS server that
 * Postfix's resolver asks).
 */
let taken = 0;

/** Another address of 127.53.0.0/16 at each call, apart from those of other processes. */
export function nextLoopbackAddress(): string {
  const number = (process.pid * 64 + taken) % (250 * 250);
  taken += 1;
  return `127.53.${1 + Math.floor(number / 250)}.${1 + (number % 250)}`;
}
