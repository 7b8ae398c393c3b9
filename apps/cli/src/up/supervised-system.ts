import { type Service } from './service.js';
import { SupervisedService, type SupervisionOptions } from './supervised-service.js';

/** Supervised services that start together, stage by stage, and stop in an order. */
export class SupervisedSystem {
  /** In the order in which they are stopped. */
  readonly #stages: SupervisedService[][] = [];
  readonly #waiting = new Set<string>();

  constructor(private readonly options: SupervisionOptions) {}

  /** Names of the services whose first start is under way. */
  get waiting(): readonly string[] {
    return [...this.#waiting];
  }

  /**
   * Starts all of these at once and waits until they are ready. {@link SupervisedSystem.stop} stops the stages in the
   * order given here, before those of earlier calls.
   * @throws ServiceStartError for the first that cannot be brought up; the others are left as they are
   */
  async start(...stages: readonly (readonly Service[])[]): Promise<void> {
    const supervised = stages.map((stage) =>
      stage.map((service) => new SupervisedService(service, this.options)),
    );
    this.#stages.unshift(...supervised);
    await Promise.all(supervised.flat().map((service) => this.#startOne(service)));
  }

  get hasStarted(): boolean {
    return this.#stages.length > 0;
  }

  /** Stops stage after stage, every one even if another fails. @throws what the first failing one threw */
  async stop(onStage: (names: string) => void): Promise<void> {
    const failures: unknown[] = [];
    for (const stage of this.#stages) {
      onStage(stage.map(({ name }) => name).join(', '));
      const outcomes = await Promise.allSettled(stage.map((service) => service.stop()));
      for (const outcome of outcomes) if (outcome.status === 'rejected') failures.push(outcome.reason);
    }
    if (failures.length > 0) throw failures[0];
  }

  async #startOne(service: SupervisedService): Promise<void> {
    this.#waiting.add(service.name);
    await service.start();
    this.#waiting.delete(service.name);
  }
}
