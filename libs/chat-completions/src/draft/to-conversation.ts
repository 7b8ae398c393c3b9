import { type CreateJobBody, type ImagePart, type Message, TILE_BUDGET_BY_DETAIL } from '@tessera/contracts';
import { InvalidRequestError, InvalidValueError, MissingParameterError } from '../request.errors.js';
import { checkConversation } from './check-conversation.js';

/** A part of a message with the path under which the client wrote it. */
export type ConversationPart =
  | { type: 'text'; text: string; param: string }
  | { type: 'image'; url: string; maxTiles?: number; minTiles?: number; param: string };

export type ImageConversationPart = Extract<ConversationPart, { type: 'image' }>;

export interface ConversationMessage {
  role: Message['role'];
  parts: ConversationPart[];
  param: string;
}

/**
 * Brings both forms of a body, `messages` and `question` with `images`, into one, and checks the rules between
 * messages.
 * @param uploadCount how many of the first `images` stand for `image` parts of a form
 * @throws {MissingParameterError | InvalidRequestError | InvalidValueError}
 */
export function toConversation(body: CreateJobBody, uploadCount: number): ConversationMessage[] {
  const conversation =
    body.messages === undefined ? fromQuestion(body, uploadCount) : fromBody(body, body.messages);
  checkConversation(conversation);
  return conversation;
}

/** All images, in the order in which they are numbered. */
export function imagePartsOf(conversation: readonly ConversationMessage[]): ImageConversationPart[] {
  return conversation.flatMap(({ parts }) => parts).filter((part) => part.type === 'image');
}

function fromQuestion(
  { question, images = [], max_dynamic_patch }: CreateJobBody,
  uploadCount: number,
): ConversationMessage[] {
  if (question === undefined) {
    throw new MissingParameterError('question is required, or messages in its place', { param: 'question' });
  }
  const tiles = max_dynamic_patch === undefined ? {} : { maxTiles: max_dynamic_patch };
  const imageParts = images.map((url, index) => ({
    type: 'image' as const,
    url,
    ...tiles,
    param: index < uploadCount ? 'image' : `images.${index - uploadCount}`,
  }));
  return [
    {
      role: 'user',
      parts: [...imageParts, { type: 'text', text: question, param: 'question' }],
      param: 'question',
    },
  ];
}

function fromBody(body: CreateJobBody, messages: Message[]): ConversationMessage[] {
  const rival = (['question', 'images'] as const).find((field) => body[field] !== undefined);
  if (rival !== undefined) {
    throw new InvalidRequestError(`messages and ${rival} exclude each other: give one of them`, {
      param: rival,
    });
  }
  return fromMessages(messages, { max: body.max_dynamic_patch });
}

/** Tile bounds of images that do not say; `min` with the field that sets it. */
export interface TileDefaults {
  max: number | undefined;
  min?: { value: number; param: string };
}

/** The messages with the path of every part. */
export function fromMessages(messages: readonly Message[], tiles: TileDefaults): ConversationMessage[] {
  return messages.map(({ role, content }, index) => {
    const param = `messages.${index}`;
    if (typeof content === 'string') {
      return { role, param, parts: [{ type: 'text', text: content, param: `${param}.content` }] };
    }
    const parts = content.map((part, position) => {
      const partParam = `${param}.content.${position}`;
      return part.type === 'text'
        ? { ...part, param: `${partParam}.text` }
        : toImagePart(part, partParam, tiles);
    });
    return { role, param, parts };
  });
}

function toImagePart(part: ImagePart, param: string, defaults: TileDefaults): ConversationPart {
  return {
    type: 'image',
    url: part.image_url.url,
    ...tileBounds(part.image_url, `${param}.image_url`, defaults),
    param: `${param}.image_url.url`,
  };
}

/** An image's tile budget is its own `max_dynamic_patch`, else the request's, else that of its `detail`, else the model's. */
function tileBounds(image: ImagePart['image_url'], param: string, { max, min }: TileDefaults) {
  const maxTiles = image.max_dynamic_patch ?? max ?? budgetOf(image.detail);
  const own = image.min_dynamic_patch;
  const least = own === undefined ? min : { value: own, param: `${param}.min_dynamic_patch` };
  if (least !== undefined && maxTiles !== undefined && least.value > maxTiles) {
    const rule = `must not exceed the most tiles, ${maxTiles}, given ${least.value}`;
    throw new InvalidValueError(`${least.param}: ${rule}`, { param: least.param });
  }
  return {
    ...(maxTiles === undefined ? {} : { maxTiles }),
    ...(least === undefined ? {} : { minTiles: least.value }),
  };
}

function budgetOf(detail: ImagePart['image_url']['detail']): number | undefined {
  return detail === undefined || detail === 'auto' ? undefined : TILE_BUDGET_BY_DETAIL[detail];
}
