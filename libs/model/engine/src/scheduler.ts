import { EngineClosedError } from './errors.js';
import { type EngineSnapshot, takeSnapshot } from './engine-snapshot.js';
import { chooseStep, type StepKind } from './policy/choose-step.js';
import { byPriority, slotsOpenTo } from './policy/priority.js';
import { type Sequence, type SequenceStage } from './sequence.js';
import { planDecode } from './steps/decode-step.js';
import { planPrefill } from './steps/prefill-step.js';
import { type SlotGroup, type Step, type StepContext } from './steps/step.js';
import { planVision } from './steps/vision-step.js';
import { type Watchdog } from './watchdog.js';

export interface SchedulerOptions extends StepContext {
  readonly watchdog: Watchdog;
  /** Called between steps with who owns what. */
  readonly onStep?: (snapshot: EngineSnapshot) => void;
}

/**
 * Continuous batching: sequences join at any step and leave when they are done. One run at a time; a step takes effect
 * only after its run succeeded, so a failed run fails the sequences in it and nobody else.
 */
export class Scheduler {
  /** Sequences in the engine, in order of arrival; their stage says what each waits for. */
  private readonly sequences = new Set<Sequence>();
  private readonly abortListeners = new Map<Sequence, () => void>();
  private running: { step: Step; controller: AbortController } | undefined;
  private previous: StepKind | undefined;
  private looping = false;
  private idle: Promise<void> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: SchedulerOptions) {}

  /** Takes a sequence over. Its signal ends it at once, or at the end of the run that it is in. */
  submit(sequence: Sequence): void {
    this.sequences.add(sequence);
    if (this.closed || sequence.aborted) return this.fail(sequence, new EngineClosedError());
    const onAbort = (): void => this.abort(sequence);
    this.abortListeners.set(sequence, onAbort);
    sequence.signal?.addEventListener('abort', onAbort, { once: true });
    this.wake();
  }

  /** Fails what waits or runs, cutting the run under way short; resolves when there is none. */
  async close(): Promise<void> {
    this.closed = true;
    this.running?.controller.abort();
    await this.idle;
    for (const sequence of this.sequences) this.fail(sequence, new EngineClosedError());
  }

  private wake(): void {
    if (this.looping) return;
    this.looping = true;
    this.idle = this.loop();
  }

  /** Never rejects: a fault of its own fails every sequence, so that none waits for ever. */
  private async loop(): Promise<void> {
    try {
      // Submissions of the same turn of the event loop share the first step.
      await Promise.resolve();
      for (let kind = this.nextStep(); kind !== undefined && !this.closed; kind = this.nextStep()) {
        this.previous = kind;
        for (const plan of this.planners(kind)) await this.execute(plan());
      }
    } catch (error) {
      for (const sequence of this.sequences) this.fail(sequence, error);
    } finally {
      this.looping = false;
    }
  }

  private nextStep(): StepKind | undefined {
    this.admit();
    const [vision, prefill] = [this.inStage('vision')[0], this.inStage('prefill')[0]];
    const candidates = {
      decode: this.inStage('decode').length > 0,
      prefill: prefill !== undefined && !goesBefore(vision, prefill),
      vision: vision !== undefined,
    };
    return chooseStep(candidates, this.previous);
  }

  /** Makers of a kind's steps; a step is planned right before it runs. */
  private planners(kind: StepKind): (() => Step | undefined)[] {
    switch (kind) {
      case 'vision':
        return [() => planVision(this.options, this.inStage('vision'))];
      case 'prefill':
        return this.inStage('prefill')
          .slice(0, 1)
          .map((sequence) => () => planPrefill(this.options, sequence));
      case 'decode':
        return this.options.groups.map((group) => () => planDecode(this.options, group));
    }
  }

  private async execute(step: Step | undefined): Promise<void> {
    if (step === undefined || this.closed) return;
    const controller = new AbortController();
    this.running = { step, controller };
    let failure: { error: unknown } | undefined;
    try {
      await this.options.watchdog.guard(() => step.run(controller.signal), controller);
    } catch (error) {
      failure = { error };
    } finally {
      this.running = undefined;
    }
    for (const member of step.members) {
      if (failure !== undefined || member.aborted || this.closed) this.fail(member, failure?.error);
      else this.commit(step, member);
    }
    for (const bystander of step.bystanders) if (bystander.aborted) this.fail(bystander, undefined);
    this.options.onStep?.(takeSnapshot(this.options.groups, this.sequences));
  }

  /** A hook of the request that throws fails its own sequence. */
  private commit(step: Step, member: Sequence): void {
    try {
      const reason = step.commit(member);
      if (member.aborted) return this.fail(member, undefined);
      if (reason === undefined) return;
      this.leave(member);
      member.finish(reason);
    } catch (error) {
      this.fail(member, error);
    }
  }

  /** Gives free slots to waiting sequences of a length class: interactive ones first, else first come, first served. */
  private admit(): void {
    for (const sequence of this.inStage('slot')) {
      const { slots } = this.group(sequence);
      if (slots.ownedCount >= slotsOpenTo(slots.slotCount)[sequence.priority]) continue;
      sequence.slot = slots.reserve(sequence);
    }
  }

  private abort(sequence: Sequence): void {
    if (this.running === undefined) return this.fail(sequence, undefined);
    const { step, controller } = this.running;
    if (step.members.every((member) => member.aborted)) controller.abort();
    if (![...step.members, ...step.bystanders].includes(sequence)) this.fail(sequence, undefined);
  }

  /** Ends a sequence with the reason that its caller should see: its own abort, the engine's end, or the fault. */
  private fail(sequence: Sequence, fault: unknown): void {
    this.leave(sequence);
    if (sequence.aborted) sequence.fail(sequence.signal?.reason);
    else sequence.fail(this.closed ? new EngineClosedError() : fault);
  }

  private leave(sequence: Sequence): void {
    this.sequences.delete(sequence);
    const onAbort = this.abortListeners.get(sequence);
    if (onAbort !== undefined) sequence.signal?.removeEventListener('abort', onAbort);
    this.abortListeners.delete(sequence);
    if (sequence.slot !== undefined) this.group(sequence).slots.release(sequence.slot);
    sequence.slot = undefined;
    sequence.nextTokenId = undefined;
  }

  /** In the order in which they are served. */
  private inStage(stage: SequenceStage): Sequence[] {
    return byPriority([...this.sequences].filter((sequence) => sequence.stage === stage));
  }

  private group(sequence: Sequence): SlotGroup {
    return this.options.groups[sequence.classIndex] as SlotGroup;
  }
}

/** Whether an interactive sequence's images wait behind a batch's prompt; among equals prompts go first. */
function goesBefore(vision: Sequence | undefined, prefill: Sequence): boolean {
  return vision?.priority === 'interactive' && prefill.priority === 'batch';
}
