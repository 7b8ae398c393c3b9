import { type Session } from '@tessera/ort';
import { DeviceLacksOperatorsError } from '../errors.js';

/** Operators that carry a model's weights or its cache: on the CPU they would drag all of that along at every run. */
const HEAVY_OPERATORS = new Set([
  'MatMul',
  'MatMulNBits',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
  'GroupQueryAttention',
  'MultiHeadAttention',
]);

/**
 * Refuses a session whose device leaves heavy work to the CPU. It must have been made with `recordPlacement`.
 * @throws DeviceLacksOperatorsError
 */
export function checkPlacement(session: Pick<Session, 'device' | 'placement'>, part: string): void {
  if (session.device.id === 'cpu') return;
  const left = session.placement().filter(({ provider }) => provider === 'CPUExecutionProvider');
  const operators = new Set(left.map(({ operator }) => operator).filter((name) => HEAVY_OPERATORS.has(name)));
  if (operators.size > 0) throw new DeviceLacksOperatorsError(session.device.id, part, [...operators]);
}
