import { type PromptMessage } from '@tessera/contracts';

/** The conversation that a question about `imageCount` images is: the images first, in their order. */
export function toMessages(
  question: string,
  { imageCount, system }: { imageCount: number; system?: string | undefined },
): PromptMessage[] {
  const images = Array.from({ length: imageCount }, (_, image) => ({ type: 'image' as const, image }));
  const user: PromptMessage = { role: 'user', content: [...images, { type: 'text', text: question }] };
  if (system === undefined) return [user];
  return [{ role: 'system', content: [{ type: 'text', text: system }] }, user];
}
