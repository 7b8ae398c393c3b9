import { type Timeline } from './timeline.js';

const [WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM] = [720, 260, 46, 34, 14, 34];
const PIECES = 120;
const COLOURS = ['#4e79a7', '#f28e2b', '#e15759', '#76b7b2'];
const TICKS = 5;

/** Shares of the owners over time as an SVG: of the rows that began in each piece of the time, how many were whose. */
export function sharePlot(title: string, timeline: Timeline): string {
  const { seconds, byParty } = timeline.pieces(PIECES);
  const totals = Array.from({ length: PIECES }, (_, piece) =>
    byParty.reduce((sum, counts) => sum + (counts[piece] ?? 0), 0),
  );
  const lower = new Array<number>(PIECES).fill(0);
  const areas = byParty.map((counts, party) => {
    const from = [...lower];
    for (const [piece, count] of counts.entries())
      lower[piece] = (lower[piece] ?? 0) + count / Math.max(1, totals[piece] ?? 0);
    return `<path fill="${colourOf(party)}" d="${area(from, lower)}"/>`;
  });
  const legend = timeline.parties.map(({ ownerId, rows, weight }, party) => {
    const x = LEFT + party * 200;
    const text = `${ownerId}: ${rows.toLocaleString('en')} rows${weight === 1 ? '' : `, weight ${weight}`}`;
    return `<rect x="${x}" y="18" width="10" height="10" fill="${colourOf(party)}"/><text x="${x + 14}" y="27">${text}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<text x="${LEFT}" y="12" font-weight="bold">${title}</text>
${[...legend, ...areas, ...axes(seconds)].join('\n')}
</svg>
`;
}

const colourOf = (party: number): string => COLOURS[party % COLOURS.length] ?? '#000';
const xOf = (part: number): string => (LEFT + part * (WIDTH - LEFT - RIGHT)).toFixed(1);
const yOf = (share: number): string => (HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)).toFixed(1);

/** Between two heights, a step for each piece. */
function area(lower: readonly number[], upper: readonly number[]): string {
  const step = (heights: readonly number[]): string[] =>
    heights.flatMap((height, piece) => [
      `${xOf(piece / PIECES)},${yOf(height)}`,
      `${xOf((piece + 1) / PIECES)},${yOf(height)}`,
    ]);
  return `M${step(upper).join('L')}L${step(lower).reverse().join('L')}Z`;
}

function axes(seconds: number): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => tick / TICKS).flatMap((part) => [
    `<text x="${xOf(part)}" y="${HEIGHT - 18}" text-anchor="middle">${(part * seconds).toFixed(1)} s</text>`,
    `<text x="${LEFT - 6}" y="${yOf(part)}" text-anchor="end" dominant-baseline="middle">${part * 100} %</text>`,
  ]);
}
