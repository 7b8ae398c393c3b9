import { median, printTable } from '../measure.js';
import { type Contestant, type Measurement, type Work } from './measurement.js';

/** All turns of a contestant. */
export interface Entry {
  readonly contestant: Contestant;
  readonly turns: readonly Measurement[];
}

/** A column of figures. */
interface Figure {
  readonly name: string;
  /** Undefined where the contestant does not do such work. */
  readonly read: (turn: Measurement) => number | undefined;
  readonly smallerIsBetter?: true;
}

/** Whom each of our formats is compared with: by the beginning of its name. */
const PEERS: readonly { readonly ours: string; readonly peers: readonly string[] }[] = [
  { ours: 'fp32', peers: ['PyTorch fp32'] },
  { ours: 'int8', peers: ['PyTorch bf16', 'llama.cpp Q8_0'] },
  { ours: 'int4', peers: ['PyTorch bf16', 'llama.cpp Q4_0'] },
];

const figuresOf = {
  decode: ({ decode }: Work): Figure[] =>
    decode.batches.map((batch, index) => ({
      name: `batch ${batch}`,
      read: (turn) => turn.decode[index]?.tokensPerSecond,
    })),
  vision: ({ tiles }: Work): Figure[] =>
    tiles.map((count, index) => ({
      name: `${count} ${count === 1 ? 'tile' : 'tiles'}`,
      read: (turn) => turn.vision[index]?.msPerTile,
      smallerIsBetter: true,
    })),
  prefill: ({ prefillTokens }: Work): Figure[] => [
    { name: `${prefillTokens} tokens`, read: (turn) => turn.prefill.tokensPerSecond },
  ],
};

/** A turn's figures in a line, for who watches or breaks off. */
export function summarize({ decode, vision, prefill }: Measurement): string {
  const list = (values: readonly number[]): string => values.map(show).join(' / ');
  const parts = [`decode ${list(decode.map(({ tokensPerSecond }) => tokensPerSecond))} tokens/s`];
  if (vision.length > 0) parts.push(`vision ${list(vision.map(({ msPerTile }) => msPerTile))} ms a tile`);
  return [...parts, `prefill ${show(prefill.tokensPerSecond)} tokens/s`].join(', ');
}

/** Prints a table for every yardstick, then the ratios. */
export function printReport(work: Work, entries: readonly Entry[]): void {
  printFigures('decode, tokens/s', figuresOf.decode(work), entries);
  printFigures('vision, ms a tile', figuresOf.vision(work), entries);
  printFigures('prefill, tokens/s', figuresOf.prefill(work), entries);
  const figures = [...figuresOf.decode(work), ...figuresOf.vision(work), ...figuresOf.prefill(work)];
  const rows = entries.flatMap((entry) => compareWithPeers(entry, entries, figures));
  if (rows.length > 0) printTable(['times as fast as', 'peer', ...figures.map(({ name }) => name)], rows);
}

function printFigures(title: string, figures: readonly Figure[], entries: readonly Entry[]): void {
  const rows = entries
    .map((entry) => [entry.contestant.name, ...figures.map((figure) => show(valueOf(entry, figure)))])
    .filter(([, ...cells]) => cells.some((cell) => cell !== '-'));
  printTable([title, ...figures.map(({ name }) => name)], rows);
}

function compareWithPeers(ours: Entry, entries: readonly Entry[], figures: readonly Figure[]): string[][] {
  if (ours.contestant.side !== 'ours') return [];
  const names = PEERS.find((each) => ours.contestant.name.startsWith(each.ours))?.peers ?? [];
  const peers = entries.filter(({ contestant }) => names.includes(contestant.name));
  return peers.map((peer) => [
    ours.contestant.name,
    peer.contestant.name,
    ...figures.map((figure) => show(ratioOf(ours, peer, figure))),
  ]);
}

/** How many times as fast ours is. */
function ratioOf(ours: Entry, peer: Entry, figure: Figure): number | undefined {
  const [our, their] = [valueOf(ours, figure), valueOf(peer, figure)];
  if (our === undefined || their === undefined) return undefined;
  return figure.smallerIsBetter ? their / our : our / their;
}

function valueOf({ turns }: Entry, { read }: Figure): number | undefined {
  const values = turns.flatMap((turn) => read(turn) ?? []);
  return values.length === 0 ? undefined : median(values);
}

function show(value: number | undefined): string {
  if (value === undefined) return '-';
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}
