import { type NextToken } from '../decoder-io.js';
import { type DecodeRow } from '../decoder-runner.js';
import { ropeRow } from '../policy/rope-position.js';
import { planCompaction } from '../policy/slot-table.js';
import { type Sequence } from '../sequence.js';
import { appendToken, readsLogits } from './append-token.js';
import { type SlotGroup, type Step, type StepContext } from './step.js';

/** What a row computes that nobody reads. */
const IDLE_TOKEN = { tokenId: 0, ropeRow: 0 };

/** Appends one token to every sequence of a length class that has one. */
export function planDecode(context: StepContext, group: SlotGroup): Step | undefined {
  const owners = group.slots.rows.filter((owner) => owner !== undefined);
  const members = owners.filter(({ stage }) => stage === 'decode');
  if (members.length === 0) return undefined;
  let next: readonly NextToken[] = [];
  return {
    members,
    bystanders: owners.filter(({ stage }) => stage !== 'decode'),
    run: async (signal) => {
      await compact(group);
      const sequences = group.slots.rows.slice(0, group.slots.width);
      const rows = sequences.map((sequence, slot) => appendingRow(context, sequence) ?? idleRow(group, slot));
      next = await group.runner.decode(rows, { signal, readsLogits: members.some(readsLogits) });
    },
    commit: (sequence) => {
      const token = sequence.slot === undefined ? undefined : next[sequence.slot];
      if (token === undefined) return undefined;
      sequence.position++;
      return appendToken(sequence, token, context.stopTokenIds);
    },
  };
}

function appendingRow({ longRope }: StepContext, sequence: Sequence | undefined): DecodeRow | undefined {
  if (sequence?.nextTokenId === undefined) return undefined;
  const { position, nextTokenId } = sequence;
  return { tokenId: nextTokenId, position, ropeRow: ropeRow(position, position + 1, longRope) };
}

/**
 * A row within the width of the run always computes something, and writes it to its slot: behind what the slot holds, where
 * the next chunk or the next owner overwrites it, and nowhere else.
 */
function idleRow({ contents }: SlotGroup, slot: number): DecodeRow {
  return { ...IDLE_TOKEN, position: contents.heldPositions(slot) };
}

/** Moves the last row into a hole when half of the rows are idle. */
async function compact({ slots, cache, contents }: SlotGroup): Promise<void> {
  const move = planCompaction(slots.rows.map((owner) => owner !== undefined));
  const sequence = move === undefined ? undefined : slots.rows[move.from];
  if (move === undefined || sequence === undefined) return;
  contents.truncate(move.to, 0);
  await cache.copySlot(move.from, move.to, sequence.position);
  contents.copy(move.from, move.to);
  slots.move(move.from, move.to);
  sequence.slot = move.to;
}
