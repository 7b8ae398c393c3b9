import fc from 'fast-check';

/** What stands in for a right value: other types, bounds, and what has special meaning somewhere. */
const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  2 ** 31,
  131_073,
  '',
  ' ',
  '\0',
  '\ud800',
  '\ufeff',
  '🐈'.repeat(300),
  'a'.repeat(3_000),
  '__proto__',
  'constructor',
  'upload:0',
  'data:image/png;base64,AAAA',
  'http://127.0.0.1/',
  'file:///etc/passwd',
  [],
  {},
  [[]],
  [null],
  { a: { b: {} } },
  Array(300).fill('x'),
];

const oddValue: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom(...ODD_VALUES), fc.jsonValue());

/** The value with something wrong at one place, which may be all of it. */
export function mutated(value: unknown): fc.Arbitrary<unknown> {
  const inside = mutationsInside(value);
  return inside === undefined
    ? oddValue
    : fc.oneof({ weight: 1, arbitrary: oddValue }, { weight: 8, arbitrary: inside });
}

function mutationsInside(value: unknown): fc.Arbitrary<unknown> | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : inList(value);
  if (typeof value === 'object' && value !== null) return inObject(value as Record<string, unknown>);
  return undefined;
}

function inList(items: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .nat(items.length - 1)
    .chain((index) =>
      fc.oneof(
        { weight: 4, arbitrary: mutated(items[index]).map((item) => items.with(index, item)) },
        { weight: 1, arbitrary: fc.constant(items.toSpliced(index, 1)) },
        { weight: 1, arbitrary: fc.constant([...items, ...items]) },
      ),
    );
}

function inObject(object: Readonly<Record<string, unknown>>): fc.Arbitrary<unknown> {
  const added = fc.tuple(fc.string(), oddValue).map(([key, extra]) => ({ ...object, [key]: extra }));
  const keys = Object.keys(object);
  if (keys.length === 0) return added;
  return fc.constantFrom(...keys).chain((key) =>
    fc.oneof(
      { weight: 6, arbitrary: mutated(object[key]).map((field) => ({ ...object, [key]: field })) },
      {
        weight: 1,
        arbitrary: fc.constant(Object.fromEntries(Object.entries(object).filter(([name]) => name !== key))),
      },
      { weight: 1, arbitrary: added },
    ),
  );
}
