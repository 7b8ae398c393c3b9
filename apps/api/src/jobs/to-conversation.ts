import { type CreateJobBody, type ImagePart, type Message, TILE_BUDGET_BY_DETAIL } from '@tessera/contracts';
import { InvalidRequestError, InvalidValueError, MissingParameterError } from '../errors/request.errors.js';
import { checkConversation } from './check-conversation.js';

/** A part of a message with the path under which the client wrote it. */
export type ConversationPart =
  | { type: 'text'; text: string; param: string }
  | { type: 'image'; url: string; maxTiles?: number; minTiles?: number; param: string };

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
    body.messages === undefined ? fromQuestion(body, uploadCount) : fromMessages(body, body.messages);
  checkConversation(conversation);
  return conversation;
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

function fromMessages(body: CreateJobBody, messages: Message[]): ConversationMessage[] {
  const rival = (['question', 'images'] as const).find((field) => body[field] !== undefined);
  if (rival !== undefined) {
    throw new InvalidRequestError(`messages and ${rival} exclude each other: give one of them`, {
      param: rival,
    });
  }
  return messages.map(({ role, content }, index) => {
    const param = `messages.${index}`;
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content;
    return {
      role,
      param,
      parts: parts.map((part, position) => {
        const partParam = `${param}.content${typeof content === 'string' ? '' : `.${position}`}`;
        return part.type === 'text'
          ? { ...part, param: typeof content === 'string' ? partParam : `${partParam}.text` }
          : toImagePart(part, partParam, body.max_dynamic_patch);
      }),
    };
  });
}

/** The tile budget of an image: its own `max_dynamic_patch`, else the job's, else that of its `detail`, else the model's. */
function toImagePart(
  { image_url: image }: ImagePart,
  param: string,
  jobTileBudget: number | undefined,
): ConversationPart {
  const maxTiles = image.max_dynamic_patch ?? jobTileBudget ?? budgetOf(image.detail);
  const minTiles = image.min_dynamic_patch;
  if (minTiles !== undefined && maxTiles !== undefined && minTiles > maxTiles) {
    const field = `${param}.image_url.min_dynamic_patch`;
    throw new InvalidValueError(`${field}: must not exceed the most tiles, ${maxTiles}, given ${minTiles}`, {
      param: field,
    });
  }
  return {
    type: 'image',
    url: image.url,
    ...(maxTiles === undefined ? {} : { maxTiles }),
    ...(minTiles === undefined ? {} : { minTiles }),
    param: `${param}.image_url.url`,
  };
}

function budgetOf(detail: ImagePart['image_url']['detail']): number | undefined {
  return detail === undefined || detail === 'auto' ? undefined : TILE_BUDGET_BY_DETAIL[detail];
}
