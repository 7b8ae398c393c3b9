/** OpenAI's list: cursors are the ids of the first and last item. */
export interface ListEnvelope<Item> {
  object: 'list';
  data: Item[];
  first_id: string | null;
  last_id: string | null;
  has_more: boolean;
}

export function toListEnvelope<Item extends { id: string }>(
  data: Item[],
  hasMore: boolean,
): ListEnvelope<Item> {
  return {
    object: 'list',
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  };
}
