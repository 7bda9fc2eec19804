/**
 * The other policy servers that the policies of one snapshot ask. Restrictions
 * that name the same one with the same settings share its connections.
 */
import { PolicyService, type ServiceSettings } from './policy-service.ts';

export class PolicyServiceSet {
  readonly #services = new Map<string, PolicyService>();

  /** Connects to nobody yet. */
  open(settings: ServiceSettings): PolicyService {
    const key = JSON.stringify(settings);
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
