import { type DecoderRunner, type DecodeRow, type NextToken } from './decoder-runner.js';
import { EngineClosedError } from './errors.js';
import { type KvCache } from './kv-cache.js';
import { chooseStep, type StepKind } from './policy/choose-step.js';
import { packTileBatch } from './policy/pack-tile-batch.js';
import { prefillChunkEnd } from './policy/prefill-chunks.js';
import { type LongRope, ropeRow } from './policy/rope-position.js';
import { planCompaction, type SlotTable } from './policy/slot-table.js';
import { type Sequence, type SequenceImages } from './sequence.js';
import { type VisionRunner } from './vision-runner.js';

/** One length class: its slots, its cache, and the runner over that cache. */
export interface SlotGroup {
  readonly slots: SlotTable<Sequence>;
  readonly cache: KvCache;
  readonly runner: DecoderRunner;
}

export interface SchedulerOptions {
  readonly groups: readonly SlotGroup[];
  readonly vision: VisionRunner;
  readonly longRope: LongRope | null;
  readonly stopTokenIds: ReadonlySet<number>;
}

/**
 * Continuous batching: sequences join at any step and leave when they are done. One run at a time; a step takes effect
 * only after its run succeeded, so a failed run fails the sequences in it and nobody else.
 */
export class Scheduler {
  /** Sequences whose tiles are not all encoded, in order of arrival. */
  private readonly awaitingVision: Sequence[] = [];
  /** Sequences without a slot, image features complete, in order. */
  private readonly awaitingSlot: Sequence[] = [];
  /** Sequences with a slot whose prompt is not all computed. */
  private readonly prefilling: Sequence[] = [];
  private previous: StepKind | undefined;
  private looping = false;
  private closed = false;

  constructor(private readonly options: SchedulerOptions) {}

  submit(sequence: Sequence): void {
    if (this.closed) return sequence.fail(new EngineClosedError());
    (sequence.visionDone ? this.awaitingSlot : this.awaitingVision).push(sequence);
    this.wake();
  }

  /** Fails what waits or runs; resolves when no run is under way. */
  async close(): Promise<void> {
    this.closed = true;
    await this.idle;
    for (const sequence of this.everySequence()) this.fail(sequence, new EngineClosedError());
  }

  private idle: Promise<void> = Promise.resolve();

  private wake(): void {
    if (this.looping) return;
    this.looping = true;
    this.idle = this.loop().finally(() => {
      this.looping = false;
    });
  }

  private async loop(): Promise<void> {
    // Submissions of the same turn of the event loop share the first step.
    await Promise.resolve();
    for (let step = this.nextStep(); step !== undefined && !this.closed; step = this.nextStep()) {
      this.previous = step;
      await this.execute(step);
    }
  }

  private nextStep(): StepKind | undefined {
    this.dropAborted();
    this.admit();
    const decode = this.options.groups.some((group) => decodable(group).length > 0);
    const candidates = {
      decode,
      prefill: this.prefilling.length > 0,
      vision: this.awaitingVision.length > 0,
    };
    return chooseStep(candidates, this.previous);
  }

  private execute(step: StepKind): Promise<void> {
    switch (step) {
      case 'vision':
        return this.runVision();
      case 'prefill':
        return this.runPrefill();
      case 'decode':
        return this.runDecode();
    }
  }

  private dropAborted(): void {
    for (const sequence of this.everySequence()) {
      if (sequence.signal?.aborted === true) this.fail(sequence, sequence.signal.reason);
    }
  }

  /** Gives free slots to waiting sequences, first come, first served within a length class. */
  private admit(): void {
    for (const sequence of [...this.awaitingSlot]) {
      const slot = this.group(sequence).slots.reserve(sequence);
      if (slot === undefined) continue;
      sequence.slot = slot;
      remove(this.awaitingSlot, sequence);
      this.prefilling.push(sequence);
    }
  }

  private async runVision(): Promise<void> {
    const waiting = this.awaitingVision.map((sequence) => ({
      sequence,
      images: sequence.images as SequenceImages,
      doneTiles: sequence.doneTiles,
      tileCount: (sequence.images as SequenceImages).tileCount,
    }));
    const spans = packTileBatch(waiting, this.options.vision.maxTiles).flatMap((span) => {
      const entry = waiting[span.sequence];
      return entry === undefined
        ? []
        : [{ ...entry, ...span, sequence: entry.sequence, ...entry.images, tileCount: span.tileCount }];
    });
    for (const { sequence } of spans) sequence.mark('visionStart');
    try {
      await this.options.vision.encode(spans);
    } catch (error) {
      for (const { sequence } of spans) this.fail(sequence, error);
      return;
    }
    for (const { sequence, tileCount } of spans) {
      sequence.doneTiles += tileCount;
      if (!sequence.visionDone) continue;
      sequence.mark('visionEnd');
      remove(this.awaitingVision, sequence);
      this.awaitingSlot.push(sequence);
    }
  }

  private async runPrefill(): Promise<void> {
    const sequence = this.prefilling[0];
    if (sequence?.slot === undefined) return;
    sequence.mark('prefillStart');
    const { tokenIds, imageTokenPositions } = sequence.prompt;
    const start = sequence.position;
    const end = prefillChunkEnd(start, tokenIds.length);
    const inChunk = imageTokenPositions.filter((position) => position >= start && position < end);
    try {
      const next = await this.group(sequence).runner.prefill({
        slot: sequence.slot,
        start,
        tokenIds: tokenIds.slice(start, end),
        ropeRows: range(start, end).map((position) =>
          ropeRow(position, tokenIds.length, this.options.longRope),
        ),
        features: sequence.images?.features,
        firstFeatureRow: imageTokenPositions.findIndex((position) => position >= start),
        imagePositions: inChunk.map((position) => position - start),
      });
      sequence.position = end;
      if (!sequence.prefillDone) return;
      remove(this.prefilling, sequence);
      sequence.mark('firstToken');
      this.append(sequence, next);
    } catch (error) {
      this.fail(sequence, error);
    }
  }

  private async runDecode(): Promise<void> {
    for (const group of this.options.groups) {
      if (decodable(group).length === 0) continue;
      this.compact(group);
      const sequences = group.slots.rows.slice(0, group.slots.width);
      const rows = sequences.map((sequence) =>
        sequence === undefined ? undefined : this.decodeRow(sequence),
      );
      try {
        const next = await group.runner.decode(rows);
        for (const [index, sequence] of sequences.entries()) {
          const token = next[index];
          if (rows[index] === undefined || sequence === undefined || token === undefined) continue;
          sequence.position++;
          this.append(sequence, token);
        }
      } catch (error) {
        for (const sequence of decodable(group)) this.fail(sequence, error);
      }
    }
  }

  private decodeRow(sequence: Sequence): DecodeRow | undefined {
    if (sequence.nextTokenId === undefined) return undefined;
    const { position, nextTokenId: tokenId } = sequence;
    return { tokenId, position, ropeRow: ropeRow(position, position + 1, this.options.longRope) };
  }

  private compact(group: SlotGroup): void {
    const move = planCompaction(group.slots.rows.map((owner) => owner !== undefined));
    const sequence = move === undefined ? undefined : group.slots.rows[move.from];
    if (move === undefined || sequence === undefined) return;
    group.cache.copySlot(move.from, move.to, sequence.position);
    group.slots.move(move.from, move.to);
    sequence.slot = move.to;
  }

  /** Commits one token: ends the sequence or makes it the next to append. */
  private append(sequence: Sequence, next: NextToken): void {
    sequence.hooks.onLogits(next.logits);
    if (this.options.stopTokenIds.has(next.tokenId)) return this.finish(sequence, 'stop');
    sequence.tokenIds.push(next.tokenId);
    sequence.hooks.onToken(next.tokenId);
    if (sequence.tokenIds.length >= sequence.prompt.maxTokens) return this.finish(sequence, 'length');
    sequence.nextTokenId = next.tokenId;
  }

  private finish(sequence: Sequence, reason: 'stop' | 'length'): void {
    this.leave(sequence);
    sequence.finish(reason);
  }

  private fail(sequence: Sequence, error: unknown): void {
    this.leave(sequence);
    sequence.fail(error);
  }

  private leave(sequence: Sequence): void {
    for (const list of [this.awaitingVision, this.awaitingSlot, this.prefilling]) remove(list, sequence);
    if (sequence.slot !== undefined) this.group(sequence).slots.release(sequence.slot);
    sequence.slot = undefined;
    sequence.nextTokenId = undefined;
  }

  private group(sequence: Sequence): SlotGroup {
    return this.options.groups[sequence.classIndex] as SlotGroup;
  }

  private everySequence(): Set<Sequence> {
    const owners = this.options.groups
      .flatMap((group) => group.slots.rows)
      .filter((owner) => owner !== undefined);
    return new Set([...this.awaitingVision, ...this.awaitingSlot, ...owners]);
  }
}

/** Sequences of a group that have a token to append. */
function decodable(group: SlotGroup): Sequence[] {
  return group.slots.rows.filter((owner) => owner?.nextTokenId !== undefined) as Sequence[];
}

function remove<T>(list: T[], item: T): void {
  const index = list.indexOf(item);
  if (index >= 0) list.splice(index, 1);
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
