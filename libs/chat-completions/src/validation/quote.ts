const LONGEST_QUOTE = 80;

/** A value from a request as it appears in an error message: JSON, shortened. */
export function quote(value: unknown): string {
  // Only the beginning of a long text is ever shown, so only that much is serialised.
  const shown = typeof value === 'string' ? value.slice(0, LONGEST_QUOTE + 1) : value;
  const json = typeof shown === 'object' && shown !== null ? describeObject(shown) : JSON.stringify(shown);
  if (json === undefined) return typeof value;
  return json.length > LONGEST_QUOTE ? `${json.slice(0, LONGEST_QUOTE)}...` : json;
}

function describeObject(value: object): string {
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}
