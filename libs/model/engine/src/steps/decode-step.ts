import { type DecodeRow, type NextToken } from '../decoder-runner.js';
import { ropeRow } from '../policy/rope-position.js';
import { planCompaction } from '../policy/slot-table.js';
import { type Sequence } from '../sequence.js';
import { appendToken } from './append-token.js';
import { type SlotGroup, type Step, type StepContext } from './step.js';

/** A row of a free slot computes this: one token at position 0, where the next owner starts anyway. */
const IDLE_ROW: DecodeRow = { tokenId: 0, position: 0, ropeRow: 0 };

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
      const rows = sequences.map((sequence) => decodeRow(context, sequence));
      next = await group.runner.decode(rows, signal);
    },
    commit: (sequence) => {
      const token = sequence.slot === undefined ? undefined : next[sequence.slot];
      if (token === undefined) return undefined;
      sequence.position++;
      return appendToken(sequence, token, context.stopTokenIds);
    },
  };
}

/**
 * A row within the width of the run always computes something, and writes it to its slot. The row of a sequence whose
 * prompt is not all computed writes to the position that the next chunk overwrites, and nowhere else.
 */
function decodeRow({ longRope }: StepContext, sequence: Sequence | undefined): DecodeRow {
  if (sequence === undefined) return IDLE_ROW;
  const { position, nextTokenId } = sequence;
  if (nextTokenId === undefined) return { ...IDLE_ROW, position };
  return { tokenId: nextTokenId, position, ropeRow: ropeRow(position, position + 1, longRope) };
}

/** Moves the last row into a hole when half of the rows are idle. */
async function compact({ slots, cache }: SlotGroup): Promise<void> {
  const move = planCompaction(slots.rows.map((owner) => owner !== undefined));
  const sequence = move === undefined ? undefined : slots.rows[move.from];
  if (move === undefined || sequence === undefined) return;
  await cache.copySlot(move.from, move.to, sequence.position);
  slots.move(move.from, move.to);
  sequence.slot = move.to;
}
