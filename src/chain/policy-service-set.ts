/**
 * The other policy servers that the policies of one snapshot ask. Restrictions
 * that name the same one with the same settings share its connections.
 */
import { PolicyService, type ServiceSettings } from './policy-service.ts';

export class PolicyServiceSet {
  readonly #services = new Map<string, PolicyService>();
  readonly #within: PolicyServiceSet | undefined;

  /** @param within for policies that somebody sends in (candidates): only servers of that set are asked */
  constructor(within?: PolicyServiceSet) {
    this.#within = within;
  }

  /** Connects to nobody yet. undefined: it may not be asked. */
  open(settings: ServiceSettings): PolicyService | undefined {
    const key = JSON.stringify(settings);
    if (this.#within !== undefined) return this.#within.#services.get(key);
    let service = this.#services.get(key);
    if (service === undefined) {
      service = new PolicyService(settings);
      this.#services.set(key, service);
    }
    return service;
  }

  /** Closes what rests; what is in use when it is done. */
  close(): void {
    for (const service of this.#services.values()) service.close();
  }
}
